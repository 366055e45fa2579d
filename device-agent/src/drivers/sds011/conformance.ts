import type { ConformanceCase } from '../conformance-case.ts';
import type { DustSensor } from './simulator.ts';

export const conformance: ConformanceCase = {
  buses: ['serial', 'tcp'],
  config: { warmUpS: 0, reportEveryS: 1 },
  changedConfig: { warmUpS: 0, reportEveryS: 2 },
  simulatorOptions: { frameEveryMs: 400 },
  act: (simulator, n) => (simulator as DustSensor).setDust({ fine: n, coarse: 2 * n }),
  shows: (reading, n) =>
    reading.kind === 'measurements' &&
    reading.measurements.some(({ quantity, value }) => quantity === 'pm25' && value === n) &&
    reading.measurements.some(({ quantity, value }) => quantity === 'pm10' && value === 2 * n),
  readingWithinMs: 5_000,
  noise: Uint8Array.of(0xab, 0x00, 0xaa, 0x41, 0xaa, 0xc0, 0xff, 0xaa, 0xab),
  noisePauseMs: 0,
  afterDamage: 'goes on',
  mustAnswer: false,
  wrongConfigs: [
    { config: { reportEveryS: 0 }, key: 'reportEveryS' },
    { config: { warmUpS: '30' }, key: 'warmUpS' },
    { config: { period: 5 }, key: 'period' },
  ],
};
