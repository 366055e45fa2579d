import type { ConformanceCase } from '../conformance-case.ts';
import { type LlrpReader, simulatedEpc } from './simulator.ts';

export const conformance: ConformanceCase = {
  buses: ['tcp'],
  config: { pollEveryMs: 200 },
  changedConfig: { pollEveryMs: 300, antennas: '1,2' },
  act: (simulator, n) => (simulator as LlrpReader).put(simulatedEpc(n)),
  shows: (reading, n) =>
    reading.kind === 'items' &&
    reading.mode === 'in-field' &&
    reading.items.some(({ uid, antenna }) => uid === simulatedEpc(n) && antenna === 1),
  readingWithinMs: 3_500,
  noise: Uint8Array.of(0x00, 0xff, 0x04, 0x05, 0xf0, 0x7f, 0x04),
  noisePauseMs: 2_100,
  afterDamage: 'goes on',
  mustAnswer: true,
  wrongConfigs: [
    { config: { antennas: '0' }, key: 'antennas' },
    { config: { antennas: [1] }, key: 'antennas' },
    { config: { session: 1 }, key: 'session' },
    { config: { population: 0 }, key: 'population' },
    { config: { port: '/dev/ttyUSB0' }, key: 'port' },
    { config: { power: 30 }, key: 'power' },
  ],
};
