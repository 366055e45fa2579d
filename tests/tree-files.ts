/** The files of the repository as they would be committed: tracked, or new and not ignored. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '..');

/** Path from the root, with slashes -> text; undefined when the file is not text (it has a zero byte near its start). */
export type Tree = ReadonlyMap<string, string | undefined>;

export function readTree(): Tree {
  const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '-z'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  const paths = [...new Set(listed.split('\0'))].filter(
    (path) => path !== '' && existsSync(join(root, path)) && statSync(join(root, path)).isFile(),
  );
  return new Map(paths.sort().map((path) => [path, textOf(readFileSync(join(root, path)))]));
}

function textOf(bytes: Buffer): string | undefined {
  return bytes.subarray(0, 8_000).includes(0) ? undefined : bytes.toString('utf8');
}
