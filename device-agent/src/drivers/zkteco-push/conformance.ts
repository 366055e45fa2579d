import type { ConformanceCase } from '../conformance-case.ts';
import type { PushTerminal } from './simulator.ts';

const pin = (n: number): string => String(1_000 + n);

export const conformance: ConformanceCase = {
  buses: ['http-in'],
  config: { serials: '0316144680030', users: '1001=Nguyễn Thị An' },
  changedConfig: { serials: 'ABC123, 0316144680030', users: '1001=Nguyễn Thị An; 1002=Trần Văn Bình', utcOffsetMinutes: 480 },
  act: (simulator, n) => (simulator as PushTerminal).punch(pin(n)),
  shows: (reading, n) =>
    reading.kind === 'punch' && reading.pin === pin(n) && reading.terminal === '0316144680030' && reading.verify === 'finger',
  // in realtime, or after the pause that a terminal makes when something failed
  readingWithinMs: 31_000,
  noise: new TextEncoder().encode('PIN=\0 GET OPTION FROM: nobody\n'),
  noisePauseMs: 0,
  afterDamage: 'goes on',
  mustAnswer: false,
  wrongConfigs: [
    { config: { port: 'tcp://192.168.1.201:4370' }, key: 'port' },
    { config: { port: 'http-in://0.0.0.0' }, key: 'port' },
    { config: { serials: 'a b!' }, key: 'serials' },
    { config: { utcOffsetMinutes: 7.5 }, key: 'utcOffsetMinutes' },
    { config: { users: '1023 Nguyễn Thị An' }, key: 'users' },
    { config: { users: '1=A; 1=B' }, key: 'users' },
    { config: { password: 'x' }, key: 'password' },
  ],
};
