/**
 * Local administration: tramhoc centre --socket <dataDir>/admin.sock <command>
 * The answer goes to standard output as JSON; a fault is one line on standard error and exit code 1, or 2 when what was typed is wrong.
 */
import { createInterface } from 'node:readline/promises';
import { runCommand } from './run-command.ts';

async function confirm(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^(?:y|yes|c|có)$/i.test((await terminal.question(question)).trim());
  } finally {
    terminal.close();
  }
}

// whoever reads our lines has read enough
process.stdout.on('error', () => process.exit());
const { code, out, err } = await runCommand(process.argv.slice(2), process.stdin.isTTY ? confirm : undefined);
process.stdout.write(out);
process.stderr.write(err);
process.exitCode = code;
