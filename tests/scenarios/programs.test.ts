/** Every program that a person starts: what it says of itself, and what it makes of a word that it does not know. */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { tramhocCommands } from '../../scripts/tramhoc-commands.ts';

const root = join(import.meta.dirname, '..', '..');
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> };
const programs = new Set([
  ...tramhocCommands.map(({ program }) => program),
  ...Object.values(scripts).flatMap((line) => /^node (\S+)$/.exec(line)?.[1] ?? []),
]);
programs.delete('scripts/tramhoc.ts');

type Ended = { code: number; out: string; err: string };
function run(program: string, ...words: string[]): Promise<Ended> {
  const cwd = mkdtempSync(join(tmpdir(), 'tramhoc-programs-'));
  onTestFinished(() => rmSync(cwd, { recursive: true, force: true }));
  return new Promise((resolve) => {
    execFile(process.execPath, [join(root, program), ...words], { cwd, encoding: 'utf8' }, (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code), out, err }),
    );
  });
}

test.each([...programs])(
  '%s says how it is started, and what is typed wrong is one line and exit code 2',
  async (program) => {
    expect(existsSync(join(root, program))).toBe(true);
    const [help, wrong] = await Promise.all([run(program, '--help'), run(program, '--bogus')]);
    expect(help).toEqual({ code: 0, out: expect.stringMatching(/^usage: (?:tramhoc|npm) /), err: '' });
    expect(wrong).toEqual({ code: 2, out: '', err: expect.stringMatching(/^INPUT_INVALID: Unknown option '--bogus'; usage: [^\n]+\n$/) });
  },
  60_000,
);
