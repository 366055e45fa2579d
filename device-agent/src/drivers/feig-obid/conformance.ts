import type { ConformanceCase } from '../conformance-case.ts';
import { tagUid } from '../simulated-tags.ts';
import type { FeigReader } from './simulator.ts';

export const conformance: ConformanceCase = {
  buses: ['serial', 'tcp'],
  config: { pollEveryMs: 100 },
  changedConfig: { pollEveryMs: 200 },
  act: (simulator, n) => void (simulator as FeigReader).field.put(tagUid(n)),
  shows: (reading, n) =>
    reading.kind === 'items' &&
    reading.mode === 'in-field' &&
    reading.items.some(({ uid, technology }) => uid === tagUid(n) && technology === 'iso15693'),
  readingWithinMs: 4_500,
  noise: Uint8Array.of(0x00, 0x02, 0x00, 0xff, 0xff, 0x09, 0x03),
  noisePauseMs: 80,
  afterDamage: 'goes on',
  mustAnswer: true,
  wrongConfigs: [
    { config: { mode: 'host' }, key: 'mode' },
    { config: { pollEveryMs: 10 }, key: 'pollEveryMs' },
    { config: { address: 256 }, key: 'address' },
    { config: { baudRate: 38_400 }, key: 'baudRate' },
    { config: { port: 'feig' }, key: 'port' },
    { config: { antenna: 1 }, key: 'antenna' },
  ],
};
