/** What `tramhoc backup` and `tramhoc restore` have in common: their options, and how a fault is told. */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { isTramError, TramError } from '@tramhoc/protocol/errors';

type Values = { config?: string; 'data-dir'?: string; to?: string; from?: string; replace?: boolean };
export type StorageCommand = {
  values: Values;
  /** Throws INPUT_INVALID. */
  need(name: 'to' | 'from'): string;
  /** The result. */
  print(line: string): void;
  /** What a person should know. */
  note(line: string): void;
};

const text = { type: 'string' } as const;
const all = { to: text, from: text, replace: { type: 'boolean' } } as const;

export function runStorageCommand(usage: string, names: readonly (keyof typeof all)[], work: (command: StorageCommand) => void): void {
  const print = (line: string): void => void process.stdout.write(`${line}\n`);
  const note = (line: string): void => void process.stderr.write(`${line}\n`);
  try {
    const { values, help } = read(usage, names);
    if (help) {
      print(`usage: ${usage}`);
      return;
    }
    const need: StorageCommand['need'] = (name) => {
      const found = values[name];
      if (found === undefined) throw new TramError('INPUT_INVALID', `--${name} is missing; usage: ${usage}`);
      return found;
    };
    work({ values, need, print, note });
  } catch (error) {
    note(isTramError(error) ? `${error.code}: ${error.message}` : `INTERNAL: ${(error as Error).stack ?? error}`);
    process.exitCode = 1;
  }
}

function read(usage: string, names: readonly (keyof typeof all)[]): { values: Values; help: boolean } {
  const options = {
    config: text,
    'data-dir': text,
    help: { type: 'boolean' } as const,
    ...Object.fromEntries(names.map((name) => [name, all[name]])),
  };
  try {
    const { values } = parseArgs({ options });
    return { values: values as Values, help: values.help === true };
  } catch (cause) {
    throw new TramError('INPUT_INVALID', `${(cause as Error).message.split('\n')[0]}; usage: ${usage}`, { cause });
  }
}

/** Of the program's config file, or as it was given. */
export function dataDirOf({ config, 'data-dir': given }: Values, usage: string): string {
  if (given !== undefined && config === undefined) return given;
  if (config === undefined || given !== undefined)
    throw new TramError('INPUT_INVALID', `give --config or --data-dir, one of them; usage: ${usage}`);
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(config, 'utf8'));
  } catch (cause) {
    throw new TramError('CONFIG_INVALID', `${config} cannot be read as JSON: ${(cause as Error).message}. Check the path.`, { cause });
  }
  const { dataDir } = (json ?? {}) as { dataDir?: unknown };
  if (typeof dataDir !== 'string')
    throw new TramError('CONFIG_INVALID', `${config} names no dataDir; give the config of a centre or a site.`);
  return dataDir;
}
