import type { ConformanceCase } from '../conformance-case.ts';
import { tagUid } from '../simulated-tags.ts';
import type { Rl866Pad } from './simulator.ts';

export const conformance: ConformanceCase = {
  buses: ['serial', 'tcp'],
  config: { pollEveryMs: 100 },
  changedConfig: { pollEveryMs: 200 },
  act: (simulator, n) => void (simulator as Rl866Pad).field.put(tagUid(n)),
  shows: (reading, n) => reading.kind === 'items' && reading.mode === 'in-field' && reading.items.some(({ uid }) => uid === tagUid(n)),
  readingWithinMs: 4_500,
  noise: Uint8Array.of(0x00, 0xfa, 0x04, 0xff, 0xfa, 0x31, 0x00),
  noisePauseMs: 80,
  afterDamage: 'goes on',
  mustAnswer: true,
  wrongConfigs: [
    { config: { pollEveryMs: '500' }, key: 'pollEveryMs' },
    { config: { address: -1 }, key: 'address' },
    { config: { port: 'tcp://192.168.1.30' }, key: 'port' },
    { config: { baudRate: '38400' }, key: 'baudRate' },
  ],
};
