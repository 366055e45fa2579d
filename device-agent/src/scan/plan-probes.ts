/** In which order a serial port is listened to and asked, so that nothing is disturbed: listening comes before any question. */
import { isDeepStrictEqual } from 'node:util';
import type { SerialProbe } from '../drivers/discovery.ts';
import type { AnyDriverDefinition, SerialSettings } from '../drivers/driver.ts';

export type KindProbe = { kind: string; probe: SerialProbe };
/** One opening of the port: with these settings listen for `listening`, then ask `asking` one after the other. */
export type ProbeRound = { serial: SerialSettings; listening: KindProbe[]; asking: KindProbe[] };
export type ProbeOptions = {
  /** The probes that a person has to ask for, Modbus above all. */
  onRequest: boolean;
  /** Without a single question. */
  listenOnly: boolean;
  /** A device server or a pseudo-terminal has no settings of ours: everything is asked in one opening. */
  oneOpening: boolean;
};

export function planProbes(definitions: readonly AnyDriverDefinition[], options: ProbeOptions): ProbeRound[] {
  const all = definitions.flatMap(({ kind, discovery }) => (discovery?.serial ?? []).map((probe): KindProbe => ({ kind, probe })));
  const wanted = all.filter(
    ({ probe: { ask, onlyOnRequest, onNetwork } }) =>
      (options.onRequest || onlyOnRequest !== true) && !(options.listenOnly && ask) && (options.oneOpening || onNetwork !== true),
  );
  // slow lines first: a device takes a question at a higher speed for a few odd bytes, and a simple one waits for the rest of them.
  // What is asked on request goes last: it is the least gentle
  const ordered = wanted.toSorted((a, b) => step(a) - step(b) || a.probe.serial.baudRate - b.probe.serial.baudRate);
  const rounds: ProbeRound[] = [];
  for (const each of ordered) {
    const { serial, ask } = each.probe;
    let round = rounds.find((one) => options.oneOpening || isDeepStrictEqual(one.serial, serial));
    if (round === undefined) {
      round = { serial, listening: [], asking: [] };
      rounds.push(round);
    }
    if (ask === undefined) round.listening.push(each);
    else if (!round.asking.some(({ kind, probe }) => kind === each.kind && isDeepStrictEqual(probe.ask, ask))) round.asking.push(each);
  }
  return rounds;
}

const step = ({ probe }: KindProbe): number => (probe.ask === undefined ? 0 : probe.onlyOnRequest === true ? 2 : 1);
