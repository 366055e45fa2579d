import type { ConformanceCase } from '../conformance-case.ts';
import type { AirSensor } from './simulator.ts';

export const conformance: ConformanceCase = {
  buses: ['serial', 'tcp'],
  config: { warmUpS: 0, reportEveryS: 1 },
  changedConfig: { warmUpS: 0, reportEveryS: 2 },
  simulatorOptions: { frameEveryMs: 400 },
  act: (simulator, n) => (simulator as AirSensor).setAir({ pm1: n, pm25: 2 * n, pm10: 3 * n }),
  shows: (reading, n) =>
    reading.kind === 'measurements' &&
    reading.sampleCount > 0 &&
    reading.measurements.some(({ quantity, value }) => quantity === 'pm1' && value === n) &&
    reading.measurements.some(({ quantity, value }) => quantity === 'pm25' && value === 2 * n) &&
    reading.measurements.some(({ quantity, value }) => quantity === 'pm10' && value === 3 * n),
  readingWithinMs: 5_000,
  noise: Uint8Array.of(0x42, 0x00, 0xff, 0x42, 0x4d, 0x7f, 0x42, 0x4d, 0x00),
  noisePauseMs: 0,
  afterDamage: 'goes on',
  mustAnswer: false,
  wrongConfigs: [
    { config: { reportEveryS: 0 }, key: 'reportEveryS' },
    { config: { reportEveryS: '60' }, key: 'reportEveryS' },
    { config: { model: 'pms9003' }, key: 'model' },
    { config: { warmUpS: -1 }, key: 'warmUpS' },
    { config: { interval: 5 }, key: 'interval' },
  ],
};
