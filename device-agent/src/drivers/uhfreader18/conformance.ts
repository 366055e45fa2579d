import type { ConformanceCase } from '../conformance-case.ts';
import { simulatedEpc, type UhfReader } from './simulator.ts';

export const conformance: ConformanceCase = {
  buses: ['serial', 'tcp'],
  config: { pollEveryMs: 100 },
  changedConfig: { pollEveryMs: 200, family: '288' },
  act: (simulator, n) => (simulator as UhfReader).put(simulatedEpc(n)),
  shows: (reading, n) =>
    reading.kind === 'items' && reading.items.some(({ uid, technology }) => uid === simulatedEpc(n) && technology === 'epc'),
  readingWithinMs: 4_500,
  noise: Uint8Array.of(0x00, 0x15, 0xff, 0x02, 0x07, 0x00, 0x03),
  noisePauseMs: 80,
  afterDamage: 'goes on',
  mustAnswer: true,
  wrongConfigs: [
    { config: { antennas: 0 }, key: 'antennas' },
    { config: { use: 'gate' }, key: 'use' },
    { config: { family: 288 }, key: 'family' },
    { config: { port: 'tcp://192.168.1.30' }, key: 'port' },
    { config: { power: 30 }, key: 'power' },
  ],
};
