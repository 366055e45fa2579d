/** What `tramhoc` can start: one line a command. The words are typed, the program is a file of this repository, the rest of the line goes to it. */

export type TramhocCommand = { words: readonly [string, ...string[]]; program: string; does: string };

export const tramhocCommands: readonly TramhocCommand[] = [
  { words: ['start'], program: 'site-in-a-box/main.ts', does: 'a whole site on this machine, with simulated hardware' },
  { words: ['agent', 'start'], program: 'device-agent/src/main.ts', does: 'the agent of one computer: --config agent.json' },
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
  { words: ['site', 'start'], program: 'broker/src/main.ts', does: 'the broker of one site: --config site.json' },
  { words: ['centre', 'start'], program: 'provisioning/src/main.ts', does: 'the centre: --config centre.json' },
  { words: ['backup'], program: 'scripts/backup.ts', does: 'a copy of a centre or a site while it runs: --config <file> --to <folder>' },
  { words: ['restore'], program: 'scripts/restore.ts', does: 'puts such a copy back: --from <backup> --config <file>' },
  { words: ['centre'], program: 'provisioning/src/cli/main.ts', does: 'administration of the centre on this machine: --socket <file>' },
];

export type Chosen = { program: string; rest: string[] } | { help: true } | { unknown: string };

/** The command with the most words that `argv` begins with: `centre start` is not the command `start` of `centre`. */
export function chooseCommand(argv: readonly string[], commands: readonly TramhocCommand[] = tramhocCommands): Chosen {
  const [first] = argv;
  if (first === undefined || first === '--help' || first === '-h' || first === 'help') return { help: true };
  const fitting = commands.filter(({ words }) => words.every((word, at) => argv[at] === word));
  const [longest] = fitting.sort((a, b) => b.words.length - a.words.length);
  if (longest !== undefined) return { program: longest.program, rest: argv.slice(longest.words.length) };
  return { unknown: argv.slice(0, 2).join(' ') };
}

export function usage(commands: readonly TramhocCommand[] = tramhocCommands): string {
  const names = commands.map(({ words }) => words.join(' '));
  const width = Math.max(...names.map((name) => name.length));
  const lines = commands.map(({ does }, at) => `  ${names[at]!.padEnd(width)}  ${does}`);
  return `usage: tramhoc <command> ...\n\n${lines.join('\n')}\n\nEach command says more with --help.\n`;
}
