import type { ConformanceCase } from '../conformance-case.ts';
import type { RtuTransmitter } from './simulator.ts';

export const conformance: ConformanceCase = {
  buses: ['serial', 'tcp'],
  config: { reportEveryS: 1, pollEveryS: 1 },
  changedConfig: { reportEveryS: 2, pollEveryS: 1 },
  act: (simulator, n) => (simulator as RtuTransmitter).set('temperatureC', n + 0.5),
  shows: (reading, n) =>
    reading.kind === 'measurements' &&
    reading.measurements.some(({ quantity, value }) => quantity === 'temperatureC' && value === n + 0.5) &&
    reading.measurements.some(({ quantity, value }) => quantity === 'humidityPct' && value === 65),
  readingWithinMs: 6_000,
  noise: Uint8Array.of(0x01, 0x04, 0x00, 0x01, 0x84, 0x02, 0x00, 0x00, 0xff, 0x01, 0x04, 0x02, 0xff),
  noisePauseMs: 0,
  afterDamage: 'goes on',
  mustAnswer: true,
  wrongConfigs: [
    { config: { transmitter: 'sdm999' }, key: 'transmitter' },
    { config: { unit: 0 }, key: 'unit' },
    { config: { unit: 248 }, key: 'unit' },
    { config: { baudRate: 9_600 }, key: 'baudRate' },
    { config: { format: '7E1' }, key: 'format' },
    { config: { pollEveryS: 0 }, key: 'pollEveryS' },
    { config: { register: 1 }, key: 'register' },
  ],
};
