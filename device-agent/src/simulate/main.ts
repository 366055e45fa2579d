/**
 * A device without hardware: ./tramhoc agent simulate <kind> (--listen tcp://127.0.0.1:4001 | --pty /tmp/reader | --call http://127.0.0.1:8081) [--set key=value ...]
 * What it does is typed, one line each.
 */
import { createInterface } from 'node:readline';
import { systemClock } from '@tramhoc/base/clock';
import { giveUp, readWords, wrongWords } from '@tramhoc/base/command-line';
import { systemRandom } from '@tramhoc/base/random';
import { TramError } from '@tramhoc/protocol/errors';
import type { SimulatorDefinition } from '../drivers/simulator.ts';
import { simulatorOf, simulators } from '../drivers/simulators.ts';
import { simulate, type Where } from '../simulate.ts';
import { waysOf, waysText } from '../simulated-ways.ts';
import { optionFault, optionLines } from './options.ts';

const kinds = simulators.map(({ kind }) => kind);
const usage = `usage: tramhoc agent simulate <kind> (--listen tcp://127.0.0.1:4001 | --pty /tmp/reader | --call http://127.0.0.1:8081) [--set key=value ...]

  --listen <address>  on a TCP port of this computer, as behind a serial device server; port 0 takes a free one
  --pty <path>        on a pseudo-terminal, as on a serial line
  --call <address>    a device that calls us (zkteco-push, hikvision-isapi): where its slot listens
  --set key=value     an option of the device; <kind> --help names them, and where it can be plugged in

kinds: ${kinds.filter((kind) => waysOf(kind).length > 0).join(', ')}
Only tests reach what hangs on the computer itself: ${kinds.filter((kind) => waysOf(kind).length === 0).join(', ')}
Sensors that speak MQTT themselves: tramhoc site gateway simulate`;

async function main(): Promise<void> {
  const { definition, where, options } = readArguments();
  const simulation = await simulate(definition, where, { clock: systemClock(), random: systemRandom(), tell: say }, options);
  say(`${definition.kind} is plugged in at ${simulation.port}`);
  for (const line of definition.usage) say(`  ${line}`);
  const typed = createInterface({ input: process.stdin });
  typed.on('line', (line) => {
    const fault = line.trim() === '' ? undefined : simulation.device.act(line);
    if (fault !== undefined) say(fault);
  });
  const end = (): void => {
    typed.close();
    void simulation.close().then(() => process.exit(0));
  };
  process.once('SIGINT', end);
  process.once('SIGTERM', end);
}

const text = { type: 'string' } as const;
const options = { listen: text, pty: text, call: text, set: { type: 'string', multiple: true } } as const;

/** Throws INPUT_INVALID. */
function readArguments(): { definition: SimulatorDefinition; where: Where; options: Record<string, string> } {
  const typed = readWords({ usage, options, words: true });
  if (typed === 'help') return help(process.argv.map(simulatorOf).find((definition) => definition !== undefined));
  const { values, positionals } = typed;
  const [kind, ...more] = positionals;
  if (kind === undefined || more.length > 0) throw wrongWords('say which device it is to be, one kind; --help lists them', usage);
  const definition = simulatorOf(kind);
  if (definition === undefined) throw wrongWords(`there is no simulated device "${kind}"; --help lists them`, usage);
  const places: Where[] = [
    ...(values.listen === undefined ? [] : [{ listen: values.listen }]),
    ...(values.pty === undefined ? [] : [{ pty: values.pty }]),
    ...(values.call === undefined ? [] : [{ call: values.call }]),
  ];
  const [where] = places;
  if (where === undefined || places.length > 1)
    throw wrongWords(`say where ${kind} is to be plugged in: one of --listen, --pty and --call`, usage);
  const pairs = (values.set ?? []).map((pair): [string, string] => {
    const at = pair.indexOf('=');
    if (at < 1) throw wrongWords(`--set wants key=value, not ${pair}`, usage);
    return [pair.slice(0, at), pair.slice(at + 1)];
  });
  const set = Object.fromEntries(pairs);
  const fault = optionFault(kind, definition.optionsSchema, set);
  if (fault !== undefined) throw new TramError('INPUT_INVALID', fault);
  return { definition, where, options: set };
}

/** Of one kind: where it can be plugged in, what may be set and what may be typed. */
function help(definition?: SimulatorDefinition): never {
  say(usage);
  if (definition !== undefined) {
    say(`\n${waysText(definition.kind)}`);
    for (const line of optionLines(definition.optionsSchema)) say(`  ${line}`);
    say('to be typed while it runs:');
    for (const line of definition.usage) say(`  ${line}`);
  }
  process.exit(0);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

main().catch(giveUp);
