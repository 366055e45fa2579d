/** What every program does with its command line: --help says what may be typed, something else that is typed ends it with 2, any other fault with 1. */
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { isTramError, TramError } from '@tramhoc/protocol/errors';

type Options = NonNullable<ParseArgsConfig['options']>;
type Typed<O extends Options> = ReturnType<typeof parseArgs<{ options: O; allowPositionals: true }>>;
export type CommandLine<O extends Options> = {
  /** Its first line shows how the program is started; a wrong word is told together with it. */
  usage: string;
  options: O;
  /** Words without dashes have a meaning. */
  words?: boolean;
};

/** A number that `work` gives is the exit code. */
export async function runProgram<const O extends Options>(line: CommandLine<O>, work: (typed: Typed<O>) => unknown): Promise<void> {
  try {
    const typed = readWords(line);
    if (typed === 'help') process.stdout.write(`${line.usage.trimEnd()}\n`);
    else {
      const code = await work(typed);
      if (typeof code === 'number') process.exitCode = code;
    }
  } catch (error) {
    giveUp(error);
  }
}

/** `args`: those of this process when they are not given. Throws INPUT_INVALID. */
export function readWords<const O extends Options>(
  { usage, options, words = false }: CommandLine<O>,
  args: readonly string[] = process.argv.slice(2),
): Typed<O> | 'help' {
  try {
    const typed = parseArgs({ args: [...args], options: { ...options, help: { type: 'boolean', short: 'h' } }, allowPositionals: words });
    return (typed.values as { help?: boolean }).help === true ? 'help' : (typed as unknown as Typed<O>);
  } catch (cause) {
    throw wrongWords(inOurWords(cause as Error), usage);
  }
}

/** Node's, without its lecture on dashes. */
function inOurWords({ message }: Error): string {
  const [first = ''] = message.split(/\. To specify|\. This command|\n/);
  return first.replace(/^Option '(.+)' argument is ambiguous\.$/, '$1 wants a value; one that begins with a dash is written $1=-…');
}

/** INPUT_INVALID: what is wrong, and how the program is started. */
export function wrongWords(what: string, usage: string): TramError {
  return new TramError('INPUT_INVALID', `${what}; ${usage.split('\n')[0]}`);
}

/** What was typed for the option `name`; a whole number unless told otherwise. Throws INPUT_INVALID. */
export function typedNumber(
  name: string,
  text: string,
  { min = 1, max = Number.MAX_SAFE_INTEGER, whole = true }: { min?: number; max?: number; whole?: boolean } = {},
): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= min && value <= max && (!whole || Number.isSafeInteger(value))) return value;
  const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
  throw new TramError('INPUT_INVALID', `--${name} takes a ${whole ? 'whole ' : ''}number ${range}, not "${text}".`);
}

export const faultLine = (error: unknown): string =>
  isTramError(error) ? `${error.code}: ${error.message}` : `INTERNAL: ${error instanceof Error ? (error.stack ?? error.message) : error}`;

/** 2 when what was typed is wrong. */
export const exitCodeOf = (error: unknown): 1 | 2 => (isTramError(error, 'INPUT_INVALID') ? 2 : 1);

/** Tells the fault on standard error and ends the program. */
export function giveUp(error: unknown): never {
  process.stderr.write(`${faultLine(error)}\n`);
  process.exit(exitCodeOf(error));
}
