import type { ConformanceCase } from '../conformance-case.ts';
import { tagUid } from '../simulated-tags.ts';
import type { ThreemPad } from './simulator.ts';

export const conformance: ConformanceCase = {
  buses: ['serial', 'tcp'],
  config: { pollEveryMs: 100 },
  changedConfig: { pollEveryMs: 200, model: '210' },
  act: (simulator, n) => void (simulator as ThreemPad).field.put(tagUid(n)),
  shows: (reading, n) => reading.kind === 'items' && reading.mode === 'in-field' && reading.items.some(({ uid }) => uid === tagUid(n)),
  readingWithinMs: 4_500,
  noise: Uint8Array.of(0x00, 0xd6, 0x00, 0x02, 0xd5, 0x7f, 0x11),
  noisePauseMs: 120,
  afterDamage: 'goes on',
  mustAnswer: true,
  wrongConfigs: [
    { config: { model: '895' }, key: 'model' },
    { config: { model: 810 }, key: 'model' },
    { config: { pollEveryMs: 0 }, key: 'pollEveryMs' },
    { config: { port: 'tcp://192.168.1.30' }, key: 'port' },
    { config: { afi: 7 }, key: 'afi' },
  ],
};
