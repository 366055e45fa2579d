import type { ConformanceCase } from '../conformance-case.ts';
import type { Projector } from './simulator.ts';

export const conformance: ConformanceCase = {
  buses: ['tcp'],
  config: { password: 'phong-101', pollEveryS: 5 },
  changedConfig: { password: 'phong-101', pollEveryS: 6 },
  simulatorOptions: { password: 'phong-101', on: true },
  act: (simulator, n) => (simulator as Projector).setLampHours([n]),
  shows: (reading, n) => reading.kind === 'display' && reading.state.power === 'on' && reading.state.lampHours?.[0] === n,
  readingWithinMs: 9_000,
  noise: new TextEncoder().encode('\0%1POWR\xff=\r\n'),
  noisePauseMs: 0,
  afterDamage: 'fails',
  mustAnswer: true,
  wrongConfigs: [
    { config: { port: '/dev/ttyUSB0' }, key: 'port' },
    { config: { port: 'tcp://192.168.1.40:99999' }, key: 'port' },
    { config: { power: 'standby' }, key: 'power' },
    { config: { pollEveryS: 60 }, key: 'pollEveryS' },
    { config: { password: 'x'.repeat(33) }, key: 'password' },
    { config: { class: 2 }, key: 'class' },
  ],
};
