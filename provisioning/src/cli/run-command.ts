/** One command line, from its words to what is printed. */
import { parseArgs } from 'node:util';
import { isTramError, TramError } from '@tramhoc/protocol/errors';
import { commands, type Input, type Options } from './commands.ts';
import { askCentre } from './local-client.ts';

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;
const options = {
  ...{ socket: text, help: flag, site: text, name: text, 'broker-host': text, 'broker-port': text },
  ...{ fingerprint: text, reason: text, user: text },
} as const;

export type Printed = { code: 0 | 1; out: string; err: string };

/** `out` is JSON or the list of commands; `err` is one line. */
export async function runCommand(words: readonly string[], confirm: Input['confirm']): Promise<Printed> {
  try {
    return { code: 0, out: await answer(words, confirm), err: '' };
  } catch (error) {
    return { code: 1, out: '', err: `${isTramError(error) ? `${error.code}: ${error.message}` : (error as Error).message}\n` };
  }
}

async function answer(argv: readonly string[], confirm: Input['confirm']): Promise<string> {
  const { values, positionals } = parseArgs({ args: [...argv], allowPositionals: true, options });
  const [name, ...words] = positionals;
  if (values.help === true || name === undefined) return usage();
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) throw new TramError('INPUT_INVALID', `there is no command ${name}; --help lists them.`);
  const { socket } = values;
  if (socket === undefined) throw new TramError('INPUT_INVALID', 'say which centre: --socket <dataDir>/admin.sock');
  const result = await command.run({ words, options: values as unknown as Options, ask: (call) => askCentre(socket, call), confirm });
  return `${JSON.stringify(result, null, 2)}\n`;
}

function usage(): string {
  const lines = Object.values(commands).map((command) => `  ${command.usage}`);
  return `tramhoc centre --socket <dataDir>/admin.sock <command>\n${lines.join('\n')}\n`;
}
