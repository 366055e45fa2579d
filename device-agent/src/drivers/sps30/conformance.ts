import type { ConformanceCase } from '../conformance-case.ts';
import type { ParticleSensor } from './simulator.ts';

export const conformance: ConformanceCase = {
  buses: ['serial', 'tcp'],
  config: { warmUpS: 0, reportEveryS: 1, pollEveryS: 1 },
  changedConfig: { warmUpS: 0, reportEveryS: 2, pollEveryS: 1 },
  act: (simulator, n) => (simulator as ParticleSensor).setAir({ pm1: n, pm25: 2 * n, pm10: 3 * n }),
  shows: (reading, n) =>
    reading.kind === 'measurements' &&
    reading.measurements.some(({ quantity, value }) => quantity === 'pm1' && value === n) &&
    reading.measurements.some(({ quantity, value }) => quantity === 'pm10' && value === 3 * n),
  readingWithinMs: 6_000,
  noise: Uint8Array.of(0x7e, 0x00, 0x03, 0x7e, 0x7e, 0x7d, 0x00, 0x7e, 0xff),
  noisePauseMs: 0,
  afterDamage: 'goes on',
  mustAnswer: true,
  wrongConfigs: [
    { config: { pollEveryS: 0 }, key: 'pollEveryS' },
    { config: { reportEveryS: 3_601 }, key: 'reportEveryS' },
    { config: { warmUpS: -1 }, key: 'warmUpS' },
    { config: { baudRate: 9_600 }, key: 'baudRate' },
  ],
};
