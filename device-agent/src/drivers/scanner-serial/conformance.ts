import type { ConformanceCase } from '../conformance-case.ts';
import type { Scanner } from './simulator.ts';

const text = (n: number): string => `0010980123${String(n).padStart(2, '0')}||NGUYỄN VĂN B|01012000|Nữ|Hà Nội|01012022`;

export const conformance: ConformanceCase = {
  buses: ['serial', 'tcp'],
  config: {},
  changedConfig: { use: 'attendance', terminator: 'cr' },
  simulatorOptions: { aim: ']Q1', suffix: 'crlf' },
  act: (simulator, n) => (simulator as Scanner).scan(text(n)),
  shows: (reading, n) => reading.kind === 'code' && reading.text === text(n),
  readingWithinMs: 400,
  noise: Uint8Array.of(0x00, 0xff, 0x41, 0x80, 0x13),
  // it might be a scan whose rest is still to come
  noisePauseMs: 1_400,
  afterDamage: 'goes on',
  mustAnswer: false,
  wrongConfigs: [
    { config: { baudRate: 9601 }, key: 'baudRate' },
    { config: { terminator: 'esc' }, key: 'terminator' },
    { config: { use: 'shop' }, key: 'use' },
    { config: { port: 'COM0' }, key: 'port' },
    { config: { speed: 9600 }, key: 'speed' },
  ],
};
