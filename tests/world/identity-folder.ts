/** Where an agent keeps its identity.json below its data folder. */
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

export function identityFolderOf(dataFolder: string): string {
  const found = readdirSync(dataFolder, { recursive: true, encoding: 'utf8' }).find((path) => path.endsWith('identity.json'));
  if (found === undefined) throw new Error(`no identity.json below ${dataFolder}`);
  return dirname(join(dataFolder, found));
}
