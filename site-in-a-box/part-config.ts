/** The config files of the parts, written anew at each start. */
import { readJsonFileIfAny, writeFileAtomic } from '@tramhoc/base/config';

/** What somebody else wrote into the file stays: a gateway, another log level. */
export function writePartConfig(path: string, ours: Readonly<Record<string, unknown>>): void {
  const kept = readJsonFileIfAny(path) as Record<string, unknown> | undefined;
  writeFileAtomic(path, `${JSON.stringify({ ...kept, ...ours }, null, 2)}\n`, { mode: 0o600 });
}
