/** One name for all programs: ./tramhoc <command> ..., or npm run tramhoc -- <command> ... The commands are in tramhoc-commands.ts. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { chooseCommand, usage } from './tramhoc-commands.ts';

const root = join(import.meta.dirname, '..');
const chosen = chooseCommand(process.argv.slice(2));
if ('help' in chosen) process.stdout.write(usage(chosen.help));
else if ('version' in chosen) process.stdout.write(`${JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version}\n`);
else if ('unknown' in chosen) {
  process.stderr.write(`there is no command "${chosen.unknown}"\n\n${usage(chosen.near)}`);
  process.exitCode = 2;
} else run([...chosen.nodeFlags, join(root, chosen.program), ...chosen.rest]);

/** The program has our terminal, our folder and our signals, and we end as it ends. */
function run(words: string[]): void {
  const child = spawn(process.execPath, words, { stdio: 'inherit' });
  // Ctrl-C reaches both of us from the terminal; what ends a service reaches only us
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => void child.kill('SIGTERM'));
  child.once('error', (cause) => {
    process.stderr.write(`${words.join(' ')} cannot be started: ${cause.message}\n`);
    process.exitCode = 1;
  });
  child.once('exit', (code, signal) => {
    // as a shell says it
    process.exitCode = code ?? 128 + constants.signals[signal!];
  });
}
