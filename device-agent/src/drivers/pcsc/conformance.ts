import type { ConformanceCase } from '../conformance-case.ts';
import type { SimulatedCard } from './simulator.ts';

const uid = (n: number): string => `04A1B2C3D4${n.toString(16).toUpperCase().padStart(4, '0')}`;

export const conformance: ConformanceCase = {
  buses: ['pcsc'],
  reportBytes: 64,
  config: { pollEveryMs: 200 },
  changedConfig: { pollEveryMs: 300 },
  act: (simulator, n) => (simulator as SimulatedCard).presentCard(uid(n)),
  shows: (reading, n) => reading.kind === 'card' && reading.uid === uid(n) && reading.technology === 'iso14443',
  readingWithinMs: 2_000,
  noise: Uint8Array.of(0x7f, 0x12, 0x90, 0xfe, 0xff),
  noisePauseMs: 0,
  afterDamage: 'goes on',
  mustAnswer: false,
  wrongConfigs: [
    { config: { port: 'pcsc:' }, key: 'port' },
    { config: { port: '/dev/ttyUSB0' }, key: 'port' },
    { config: { byteOrder: 'little' }, key: 'byteOrder' },
    { config: { pollEveryMs: 1 }, key: 'pollEveryMs' },
    { config: { reader: 'ACR122U' }, key: 'reader' },
  ],
};
