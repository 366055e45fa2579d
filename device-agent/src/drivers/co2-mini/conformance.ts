import type { ConformanceCase } from '../conformance-case.ts';
import type { Co2Monitor } from './simulator.ts';

export const conformance: ConformanceCase = {
  buses: ['hid'],
  reportBytes: 8,
  config: { warmUpS: 0, reportEveryS: 1 },
  changedConfig: { warmUpS: 0, reportEveryS: 2 },
  simulatorOptions: { reportEveryMs: 100 },
  act: (simulator, n) => (simulator as Co2Monitor).setAir({ co2: 600 + n }),
  shows: (reading, n) =>
    reading.kind === 'measurements' &&
    reading.measurements.some(({ quantity, value }) => quantity === 'co2' && value === 600 + n) &&
    reading.measurements.some(({ quantity, value }) => quantity === 'temperatureC' && value === 26),
  readingWithinMs: 5_000,
  noise: Uint8Array.of(0x50, 0x04, 0x57, 0xac, 0x0d, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
  noisePauseMs: 0,
  afterDamage: 'goes on',
  mustAnswer: false,
  wrongConfigs: [
    { config: { port: '/dev/hidraw0' }, key: 'port' },
    { config: { port: 'tcp://192.168.1.30:4001' }, key: 'port' },
    { config: { port: 'hid:4d9:a052' }, key: 'port' },
    { config: { reportEveryS: 0 }, key: 'reportEveryS' },
    { config: { key: '00' }, key: 'key' },
  ],
};
