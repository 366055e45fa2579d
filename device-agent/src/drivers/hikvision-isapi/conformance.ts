import type { ConformanceCase } from '../conformance-case.ts';
import type { EventTerminal } from './simulator.ts';

const pin = (n: number): string => String(1_000 + n);

export const conformance: ConformanceCase = {
  buses: ['http-in'],
  config: { serials: 'GA6820584' },
  changedConfig: { serials: 'GA6820584, a4:d5:c2:62:3e:31', utcOffsetMinutes: 480 },
  simulatorOptions: { multipart: true },
  act: (simulator, n) => (simulator as EventTerminal).punch(pin(n)),
  shows: (reading, n) =>
    reading.kind === 'punch' && reading.pin === pin(n) && reading.terminal === 'GA6820584' && reading.verify === 'face',
  readingWithinMs: 31_000,
  noise: new TextEncoder().encode('{"AccessControllerEvent":5'),
  noisePauseMs: 0,
  afterDamage: 'goes on',
  mustAnswer: false,
  wrongConfigs: [
    { config: { port: 'tcp://192.168.1.64:80' }, key: 'port' },
    { config: { serials: 'a b!' }, key: 'serials' },
    { config: { utcOffsetMinutes: 900 }, key: 'utcOffsetMinutes' },
    { config: { utcOffsetMinutes: -721 }, key: 'utcOffsetMinutes' },
    { config: { users: '1=A' }, key: 'users' },
  ],
};
