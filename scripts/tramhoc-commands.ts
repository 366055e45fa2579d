/** What `tramhoc` can start: one line a command. The words are typed, the program is a file of this repository, the rest of the line goes to it. */

export type TramhocCommand = {
  words: readonly [string, ...string[]];
  program: string;
  does: string;
  /** How Node runs it: what is measured in docs/benchmarks.md. The program works without. */
  nodeFlags?: readonly string[];
};

/** An agent has a kiosk beside it and little to do: garbage is collected early, which takes a third less memory. */
const smallMemory: readonly string[] = ['--max-semi-space-size=1', '--optimize-for-size'];
/** Thousands of connections that say nothing leave garbage when they are made, and then it would lie there. */
const manyConnections: readonly string[] = ['--max-semi-space-size=3'];
/** Batches of a whole city live a few milliseconds; with less room they are taken for something that lasts. */
const muchThroughput: readonly string[] = ['--max-semi-space-size=64'];

export const tramhocCommands: readonly TramhocCommand[] = [
  { words: ['start'], program: 'site-in-a-box/main.ts', does: 'a whole site on this machine, with simulated hardware' },
  {
    words: ['agent', 'start'],
    program: 'device-agent/src/main.ts',
    does: 'the agent of one computer: --config agent.json',
    nodeFlags: smallMemory,
  },
  {
    words: ['agent', 'scan'],
    program: 'device-agent/src/scan/main.ts',
    does: 'what hardware is plugged in, and the configuration for it',
  },
  {
    words: ['agent', 'simulate'],
    program: 'device-agent/src/simulate/main.ts',
    does: 'a device without hardware, on a port of this machine',
  },
  {
    words: ['site', 'gateway'],
    program: 'broker/src/gateway-main.ts',
    does: 'third-party MQTT sensors of a site: add, new-password, remove, list, simulate',
  },
  {
    words: ['site', 'start'],
    program: 'broker/src/main.ts',
    does: 'the broker of one site: --config site.json',
    nodeFlags: manyConnections,
  },
  { words: ['centre', 'start'], program: 'provisioning/src/main.ts', does: 'the centre: --config centre.json' },
  {
    words: ['centre', 'ingest'],
    program: 'provisioning/src/ingest-process/main.ts',
    does: 'takes the facts of a city into PostgreSQL beside the centre: --config ingest.json',
    nodeFlags: muchThroughput,
  },
  { words: ['backup'], program: 'scripts/backup.ts', does: 'a copy of a centre or a site while it runs: --config <file> --to <folder>' },
  { words: ['restore'], program: 'scripts/restore.ts', does: 'puts such a copy back: --from <backup> --config <file>' },
  { words: ['centre'], program: 'provisioning/src/cli/main.ts', does: 'administration of the centre on this machine: --socket <file>' },
];

/** Of the command that starts this program. */
export function nodeFlagsOf(program: string, commands: readonly TramhocCommand[] = tramhocCommands): readonly string[] {
  return commands.find((command) => command.program === program)?.nodeFlags ?? [];
}

export type Chosen =
  | { program: string; rest: string[]; nodeFlags: readonly string[] }
  /** Of these commands. */
  | { help: readonly TramhocCommand[] }
  | { version: true }
  | { unknown: string; near: readonly TramhocCommand[] };

const helpWords = ['--help', '-h', 'help'];

/** The command with the most words that `argv` begins with: `centre start` is not the command `start` of `centre`. */
export function chooseCommand(argv: readonly string[], commands: readonly TramhocCommand[] = tramhocCommands): Chosen {
  const [first, second] = argv;
  if (first === undefined || helpWords.includes(first)) return { help: commands };
  if (first === '--version') return { version: true };
  const fitting = commands.filter(({ words }) => words.every((word, at) => argv[at] === word));
  const [longest] = fitting.sort((a, b) => b.words.length - a.words.length);
  if (longest !== undefined) {
    const { program, words, nodeFlags = [] } = longest;
    return { program, rest: argv.slice(words.length), nodeFlags };
  }
  const near = commands.filter(({ words }) => words[0] === first);
  if (near.length > 0 && (second === undefined || helpWords.includes(second))) return { help: near };
  return { unknown: argv.slice(0, 2).join(' '), near: near.length > 0 ? near : commands };
}

export function usage(commands: readonly TramhocCommand[] = tramhocCommands): string {
  const names = commands.map(({ words }) => words.join(' '));
  const width = Math.max(...names.map((name) => name.length));
  const lines = commands.map(({ does }, at) => `  ${names[at]!.padEnd(width)}  ${does}`);
  return `usage: tramhoc <command> ...\n\n${lines.join('\n')}\n\nEach command says more with --help; tramhoc --version says which this is.\n`;
}
