import type { ConformanceCase } from '../conformance-case.ts';
import type { TypingReader } from './simulator.ts';

const uid = (n: number): string => `008E${n.toString(16).toUpperCase().padStart(4, '0')}`;

export const conformance: ConformanceCase = {
  buses: ['hid'],
  reportBytes: 8,
  config: {},
  changedConfig: { use: 'attendance' },
  act: (simulator, n) => (simulator as TypingReader).type(`${Number.parseInt(uid(n), 16)}`.padStart(10, '0')),
  shows: (reading, n) => reading.kind === 'card' && reading.uid === uid(n) && reading.technology === 'em4100',
  readingWithinMs: 400,
  noise: Uint8Array.of(0x00, 0xff, 0x04, 0x28, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01),
  noisePauseMs: 0,
  afterDamage: 'goes on',
  mustAnswer: false,
  wrongConfigs: [
    { config: { reads: 'people' }, key: 'reads' },
    { config: { numberFormat: 'octal' }, key: 'numberFormat' },
    { config: { byteOrder: 'middle' }, key: 'byteOrder' },
    { config: { port: '/dev/input/event3' }, key: 'port' },
    { config: { layout: 'us' }, key: 'layout' },
  ],
};
