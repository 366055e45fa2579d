/** What `tramhoc backup` and `tramhoc restore` have in common: which data folder is meant, and which program's it is. */
import type { BackupKind } from '@tramhoc/base/backup';
import { wrongWords } from '@tramhoc/base/command-line';
import { readConfig } from '@tramhoc/base/config';
import { TramError } from '@tramhoc/protocol/errors';
import { z } from 'zod';

const text = { type: 'string' } as const;
export const folderOptions = { config: text, 'data-dir': text } as const;

/** Enough of every config to see whose it is; the rest may be as wrong as it likes. */
const AnyConfig = z.looseObject({ dataDir: z.string().min(1) });

/** `program` is known where a config was given. Throws INPUT_INVALID, CONFIG_INVALID, PERMISSION_MISSING. */
export function dataFolder(
  { config, 'data-dir': given }: { config?: string | undefined; 'data-dir'?: string | undefined },
  usage: string,
): { dataDir: string; program?: BackupKind } {
  if ((config === undefined) === (given === undefined)) throw wrongWords('give --config or --data-dir, one of them', usage);
  if (config === undefined) return { dataDir: given! };
  const found = readConfig(config, AnyConfig);
  const program = 'console' in found ? 'centre' : 'centre' in found && !('localLink' in found) ? 'site' : undefined;
  if (program === undefined)
    throw new TramError('INPUT_INVALID', `${config} is no config of a centre or a site; an agent is enrolled anew instead.`);
  return { dataDir: found.dataDir, program };
}

/** Throws INPUT_INVALID. */
export function need(value: string | undefined, name: string, usage: string): string {
  if (value === undefined) throw wrongWords(`--${name} is missing`, usage);
  return value;
}

/** What a person should know beside the result. */
export const note = (line: string): void => void process.stderr.write(`${line}\n`);
