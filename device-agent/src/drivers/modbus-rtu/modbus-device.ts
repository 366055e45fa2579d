/** A transmitter that is asked for the registers of its map; how questions are put on the wire is the caller's business. */
import type { Duplex } from 'node:stream';
import { TramError } from '@tramhoc/protocol/errors';
import type { Driver, DriverDeps } from '../driver.ts';
import { type Ask, openPolled, type Question, type Round } from '../polled-sensor.ts';
import type { ModbusConfig } from './modbus-fields.ts';
import type { ReadAnswer, ReadRequest, RegisterTable } from './pdu.ts';
import { planReads } from './plan-reads.ts';
import { sampleOf } from './register-map.ts';
import { mapOf } from './transmitters.ts';

export type ModbusWire = {
  question(request: ReadRequest): Question<ReadAnswer>;
  /** Silence before each question. */
  gapMs: number;
  /** What to check when nobody answers. */
  silent: string;
};

export async function openModbus<Config extends ModbusConfig>(
  link: Duplex,
  config: Config,
  deps: DriverDeps,
  wire: ModbusWire,
): Promise<Driver<Config>> {
  const polled = (next: Config) => ({ ...next, warmUpS: mapOf(next.transmitter).warmUpS });
  const driver = await openPolled(link, polled(config), deps, {
    round: (ask, current) => round(ask, current, wire),
    gapMs: wire.gapMs,
    checks: {
      silent: wire.silent,
      valueless:
        'the device answers, but with nothing within its range; check that the chosen device is the one on the label, and its sensor.',
    },
  });
  return {
    configure: (next) => driver.configure(polled(next)),
    close: () => driver.close(),
    counters: () => driver.counters(),
  };
}

async function round(ask: Ask, { port, transmitter, unit }: ModbusConfig, wire: ModbusWire): Promise<Round> {
  const map = mapOf(transmitter);
  const words: Record<RegisterTable, Map<number, number>> = { holding: new Map(), input: new Map() };
  for (const request of planReads(map, unit)) {
    const answer = await ask(wire.question(request));
    if (answer === undefined) return { kind: 'no answer' };
    if (answer.kind === 'exception') return roundOf(answer.code, { port, request });
    for (const [at, word] of answer.words.entries()) words[request.table].set(request.address + at, word);
  }
  return { kind: 'sample', sample: sampleOf(map, words) };
}

/** What an exception means for the turn. Modbus Application Protocol V1.1b3, clause 7. */
function roundOf(code: number, { port, request }: { port: string; request: ReadRequest }): Round {
  const refused = (text: string): Round => ({
    kind: 'fault',
    error: new TramError('DRIVER_REFUSED', `${port}, unit ${request.unit}: ${text}`, { details: { exception: code, ...request } }),
  });
  const register = `${request.table} register ${request.address}`;
  switch (code) {
    case 1:
    case 2:
    case 3:
      return refused(`it does not know ${register} (exception ${code}); choose the device that is written on its label.`);
    case 5:
    case 6:
      return { kind: 'sample', sample: {} };
    case 10:
      return refused('the gateway has no way to this unit (exception 10); check the gateway and the Modbus address.');
    case 11:
      return { kind: 'no answer' };
    default:
      return refused(`it says that it failed (exception ${code}); switch it off and on, else replace it.`);
  }
}
