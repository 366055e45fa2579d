import type { ConformanceCase } from '../conformance-case.ts';
import type { PullTerminal } from './simulator.ts';

const pin = (n: number): string => String(1_000 + n);

export const conformance: ConformanceCase = {
  buses: ['tcp', 'udp'],
  config: { pollEveryS: 2, password: '123456' },
  changedConfig: { pollEveryS: 3, password: '123456', sinceDays: 10 },
  simulatorOptions: { password: '123456' },
  act: (simulator, n) => (simulator as PullTerminal).punch(pin(n)),
  shows: (reading, n) =>
    reading.kind === 'punch' && reading.pin === pin(n) && reading.terminal === '0316144680030' && reading.verify === 'finger',
  readingWithinMs: 9_000,
  noise: Uint8Array.of(0x50, 0x50, 0x82, 0x00, 0xff, 0x7d, 0x50, 0x50),
  noisePauseMs: 0,
  afterDamage: 'goes on',
  mustAnswer: true,
  wrongConfigs: [
    { config: { port: '/dev/ttyUSB0' }, key: 'port' },
    { config: { port: 'http-in://0.0.0.0:8081' }, key: 'port' },
    { config: { password: 'abc' }, key: 'password' },
    { config: { pollEveryS: 0 }, key: 'pollEveryS' },
    { config: { sinceDays: 0 }, key: 'sinceDays' },
    { config: { clear: true }, key: 'clear' },
  ],
};
