/**
 * Local administration: node provisioning/src/cli/main.ts --socket <dataDir>/admin.sock <command>
 * The answer goes to standard output as JSON; a fault is one line on standard error and exit code 1.
 */
import { createInterface } from 'node:readline/promises';
import { parseArgs } from 'node:util';
import { isTramError, TramError } from '@tramhoc/protocol/errors';
import { commands, type Options } from './commands.ts';
import { askCentre } from './local-client.ts';

const text = { type: 'string' } as const;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      ...{ socket: text, help: { type: 'boolean' }, site: text, name: text, 'broker-host': text, 'broker-port': text },
      ...{ fingerprint: text, reason: text, user: text },
    },
  });
  const [name, ...words] = positionals;
  const command = name === undefined ? undefined : commands[name];
  if (values.help === true || command === undefined) {
    const lines = Object.values(commands).map(({ usage }) => `  ${usage}`);
    process.stdout.write(`node provisioning/src/cli/main.ts --socket <dataDir>/admin.sock <command>\n${lines.join('\n')}\n`);
    if (values.help === true) return;
    throw new TramError('INPUT_INVALID', name === undefined ? 'say which command.' : `there is no command ${name}.`);
  }
  const socket = values.socket;
  if (socket === undefined) throw new TramError('INPUT_INVALID', 'say which centre: --socket <dataDir>/admin.sock');
  const options = values as unknown as Options;
  const answer = await command.run({
    words,
    options,
    ask: (call) => askCentre(socket, call),
    confirm: process.stdin.isTTY ? confirm : undefined,
  });
  process.stdout.write(`${JSON.stringify(answer, null, 2)}\n`);
}

async function confirm(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^(?:y|yes|c|có)$/i.test((await terminal.question(question)).trim());
  } finally {
    terminal.close();
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${isTramError(error) ? `${error.code}: ${error.message}` : (error as Error).message}\n`);
  process.exitCode = 1;
});
