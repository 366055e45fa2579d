import type { ConformanceCase } from '../conformance-case.ts';
import type { CardReader } from './simulator.ts';

const uid = (n: number): string => `0F0000${n.toString(16).toUpperCase().padStart(4, '0')}`;

export const conformance: ConformanceCase = {
  buses: ['serial', 'tcp'],
  config: {},
  changedConfig: { checksum: 'xor' },
  act: (simulator, n) => (simulator as CardReader).presentCard(uid(n)),
  shows: (reading, n) => reading.kind === 'card' && reading.uid === uid(n) && reading.technology === 'em4100',
  readingWithinMs: 300,
  noise: Uint8Array.of(0x00, 0xff, 0x02, 0x31, 0x03, 0x02, 0x41),
  noisePauseMs: 0,
  afterDamage: 'goes on',
  mustAnswer: false,
  wrongConfigs: [
    { config: { checksum: 'crc' }, key: 'checksum' },
    { config: { port: 'ttyUSB0' }, key: 'port' },
    { config: { port: 'tcp://192.168.1.30' }, key: 'port' },
    { config: { baud: 9600 }, key: 'baud' },
  ],
};
