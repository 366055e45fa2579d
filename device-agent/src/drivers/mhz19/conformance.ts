import type { ConformanceCase } from '../conformance-case.ts';
import type { Co2Sensor } from './simulator.ts';

export const conformance: ConformanceCase = {
  buses: ['serial', 'tcp'],
  config: { warmUpS: 0, reportEveryS: 1, pollEveryS: 1 },
  changedConfig: { warmUpS: 0, reportEveryS: 2, pollEveryS: 1 },
  simulatorOptions: { preheatMs: 0 },
  act: (simulator, n) => (simulator as Co2Sensor).setCo2(600 + n),
  shows: (reading, n) =>
    reading.kind === 'measurements' && reading.measurements.some(({ quantity, value }) => quantity === 'co2' && value === 600 + n),
  readingWithinMs: 6_000,
  noise: Uint8Array.of(0xff, 0x00, 0x86, 0xff, 0x86, 0x7f, 0xff, 0xff),
  noisePauseMs: 0,
  afterDamage: 'goes on',
  mustAnswer: true,
  wrongConfigs: [
    { config: { rangePpm: 5000 }, key: 'rangePpm' },
    { config: { rangePpm: '3000' }, key: 'rangePpm' },
    { config: { pollEveryS: 0 }, key: 'pollEveryS' },
    { config: { warmUpS: 601 }, key: 'warmUpS' },
    { config: { port: 'hid:04d9:a052' }, key: 'port' },
    { config: { abc: true }, key: 'abc' },
  ],
};
