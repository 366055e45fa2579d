import type { ConformanceCase } from '../conformance-case.ts';
import type { PosScanner } from './simulator.ts';

/** Longer than one report. */
const text = (n: number): string => `0010980123${String(n).padStart(2, '0')}||NGUYỄN VĂN B|01012000|Nữ|Hà Nội|01012022`;

export const conformance: ConformanceCase = {
  buses: ['hid'],
  reportBytes: 64,
  config: {},
  changedConfig: { use: 'attendance' },
  act: (simulator, n) => (simulator as PosScanner).scan(text(n)),
  shows: (reading, n) => reading.kind === 'code' && reading.text === text(n),
  readingWithinMs: 400,
  noise: Uint8Array.of(0x03, 0xff, 0x5d, 0x02, ...new Uint8Array(60)),
  noisePauseMs: 0,
  afterDamage: 'goes on',
  mustAnswer: false,
  wrongConfigs: [
    { config: { use: 'shop' }, key: 'use' },
    { config: { port: '/dev/hidraw0' }, key: 'port' },
    { config: { port: 'tcp://192.168.1.30:4001' }, key: 'port' },
    { config: { terminator: 'cr' }, key: 'terminator' },
  ],
};
