/**
 * A device without hardware: ./tramhoc agent simulate <kind> (--listen tcp://127.0.0.1:4001 | --pty /tmp/reader | --call http://127.0.0.1:8081) [--set key=value ...]
 * What it does is typed, one line each.
 */
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { systemClock } from '@tramhoc/base/clock';
import { systemRandom } from '@tramhoc/base/random';
import { isTramError } from '@tramhoc/protocol/errors';
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

function readArguments(): { definition: SimulatorDefinition; where: Where; options: Record<string, string> } {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        listen: { type: 'string' },
        pty: { type: 'string' },
        call: { type: 'string' },
        set: { type: 'string', multiple: true },
        help: { type: 'boolean' },
      },
    });
    const [kind, ...more] = positionals;
    if (kind === undefined || more.length > 0) return values.help === true ? help() : stop(usage);
    const definition = simulatorOf(kind);
    if (definition === undefined) return stop(`there is no simulated device "${kind}".\n\n${usage}`);
    if (values.help === true) help(definition);
    const places: Where[] = [
      ...(values.listen === undefined ? [] : [{ listen: values.listen }]),
      ...(values.pty === undefined ? [] : [{ pty: values.pty }]),
      ...(values.call === undefined ? [] : [{ call: values.call }]),
    ];
    const [where] = places;
    if (where === undefined || places.length > 1)
      return stop(`say where ${kind} is to be plugged in: one of --listen, --pty and --call.\n\n${usage}`);
    const pairs = (values.set ?? []).map((pair): [string, string] => {
      const at = pair.indexOf('=');
      return at < 1 ? stop(`--set wants key=value, not ${pair}`) : [pair.slice(0, at), pair.slice(at + 1)];
    });
    const options = Object.fromEntries(pairs);
    const fault = optionFault(kind, definition.optionsSchema, options);
    return fault === undefined ? { definition, where, options } : stop(fault);
  } catch (cause) {
    return stop(`${(cause as Error).message}\n\n${usage}`);
  }
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

function stop(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

main().catch((cause: unknown) => {
  stop(isTramError(cause) ? `${cause.code}: ${cause.message}` : String(cause));
});
