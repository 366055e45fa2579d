/** One command line, from its words to what is printed. */
import { exitCodeOf, faultLine, readWords, wrongWords } from '@tramhoc/base/command-line';
import { commands, type Input, type Options } from './commands.ts';
import { askCentre } from './local-client.ts';

const text = { type: 'string' } as const;
const options = {
  ...{ socket: text, site: text, name: text, 'broker-host': text, 'broker-port': text },
  ...{ fingerprint: text, reason: text, user: text },
} as const;

const usage = [
  'usage: tramhoc centre --socket <dataDir>/admin.sock <command>',
  '',
  ...Object.values(commands).map((command) => `  ${command.usage}`),
].join('\n');

export type Printed = { code: 0 | 1 | 2; out: string; err: string };

/** `out` is JSON or the list of commands; `err` is one line. */
export async function runCommand(words: readonly string[], confirm: Input['confirm']): Promise<Printed> {
  try {
    return { code: 0, out: await answer(words, confirm), err: '' };
  } catch (error) {
    return { code: exitCodeOf(error), out: '', err: `${faultLine(error)}\n` };
  }
}

async function answer(argv: readonly string[], confirm: Input['confirm']): Promise<string> {
  const typed = readWords({ usage, options, words: true }, argv);
  if (typed === 'help' || typed.positionals[0] === undefined) return `${usage}\n`;
  const { values, positionals } = typed;
  const [name = '', ...words] = positionals;
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) throw wrongWords(`there is no command ${name}; --help lists them`, usage);
  const { socket } = values;
  if (words.length > command.words) throw wrongWords(`"${words[command.words]}" is a word too many`, `usage: ${command.usage}`);
  if (socket === undefined) throw wrongWords('say which centre: --socket <dataDir>/admin.sock', usage);
  const result = await command.run({ words, options: values as unknown as Options, ask: (call) => askCentre(socket, call), confirm });
  return `${JSON.stringify(result, null, 2)}\n`;
}
