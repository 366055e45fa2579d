import type { ConformanceCase } from '../conformance-case.ts';
import type { CardModule } from './simulator.ts';

const uid = (n: number): string => `04A1B2C3D4${n.toString(16).toUpperCase().padStart(4, '0')}`;

export const conformance: ConformanceCase = {
  buses: ['serial', 'tcp'],
  config: { pollEveryMs: 100 },
  changedConfig: { pollEveryMs: 150 },
  act: (simulator, n) => (simulator as CardModule).presentCard(uid(n)),
  shows: (reading, n) => reading.kind === 'card' && reading.uid === uid(n) && reading.technology === 'iso14443',
  readingWithinMs: 2_000,
  // zeros belong to frames and are not counted: few of them
  noise: Uint8Array.of(0x41, 0xff, 0x00, 0xff, 0x05, 0x05, 0xd5, 0x4b, 0x80, ...new Uint8Array(8).fill(0xd5)),
  noisePauseMs: 0,
  afterDamage: 'goes on',
  mustAnswer: true,
  wrongConfigs: [
    { config: { pollEveryMs: 10 }, key: 'pollEveryMs' },
    { config: { port: 'ttyUSB0' }, key: 'port' },
    { config: { port: 'hid:04d9:a052' }, key: 'port' },
    { config: { baudRate: 9600 }, key: 'baudRate' },
  ],
};
