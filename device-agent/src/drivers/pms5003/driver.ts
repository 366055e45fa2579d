/** Plantower air sensors: averages of their once-a-second frames, nothing during warm-up, an alarm when they fall silent. */
import { z } from 'zod';
import { PortAddress } from '../../transports/port-address.ts';
import { type DriverDefinition, describe } from '../driver.ts';
import { reportEveryS, warmUpS } from '../sensor-fields.ts';
import { possible } from '../sensor-range.ts';
import { openStreamed } from '../streamed-sensor.ts';
import { activeMode, airOf, decode, misfitOf, wakeUp } from './codec.ts';
import { discovery } from './discovery.ts';

/** In active mode a frame comes at the latest every 2.3 s; after this much silence the sensor sleeps, waits to be asked, or was without power. */
const silenceMs = 5_000;
/** A sensor that two wake-ups did not bring back. */
const giveUpMs = 15_000;

const refusals = {
  'not read':
    'the air sensor sends frames of 40 bytes, as a PMS5003ST does, which are not read; use a PMS5003, PMS7003, PMS5003T or PMS3003.',
  'no temperature':
    'the air sensor sends no temperature and humidity, it is not a PMS5003T; choose the model that is written on its label.',
};

const Config = z.strictObject({
  port: PortAddress,
  model: describe(z.enum(['pms5003', 'pms5003t', 'pms3003']).default('pms5003'), {
    vi: { title: 'Loại cảm biến', help: 'Ghi trên nhãn. Loại có chữ T đo thêm nhiệt độ và độ ẩm.' },
    en: { title: 'Model', help: 'Written on the label. The T model also measures temperature and humidity.' },
    options: {
      pms5003: { vi: 'PMS5003 / PMS7003', en: 'PMS5003 / PMS7003' },
      pms5003t: { vi: 'PMS5003T', en: 'PMS5003T' },
      pms3003: { vi: 'PMS3003', en: 'PMS3003' },
    },
  }),
  reportEveryS,
  warmUpS: warmUpS(30),
});
export type Pms5003Config = z.infer<typeof Config>;

export const pms5003: DriverDefinition<Pms5003Config> = {
  kind: 'pms5003',
  title: { vi: 'Cảm biến bụi mịn Plantower (PMS5003)', en: 'Plantower air quality sensor (PMS5003)' },
  configSchema: Config,
  capabilities: [{ can: 'measure', quantities: ['pm1', 'pm25', 'pm10', 'temperatureC', 'humidityPct'] }],
  discovery,
  link: ({ port }) => ({ port, serial: { baudRate: 9600, dataBits: 8, parity: 'none', stopBits: 1 } }),
  async open(link, config, deps) {
    return openStreamed(link, config, deps, {
      decode(input, { model }) {
        const { frames, rest, skippedBytes } = decode(input);
        const [misfit] = frames.flatMap((frame) => misfitOf(frame, model) ?? []);
        if (misfit !== undefined) return { samples: [], rest, skippedBytes, refused: refusals[misfit] };
        return {
          samples: frames.flatMap((frame) => airOf(frame, model) ?? []).map((air) => possible(air)),
          rest,
          skippedBytes,
        };
      },
      wake: [wakeUp, activeMode],
      wakeAtOpening: false,
      silenceMs,
      giveUpMs,
      checks: {
        who: 'the air sensor',
        silent: 'check its 5 V supply and its TX wire.',
        valueless: 'check that the chosen model is the one on its label, else replace it.',
      },
    });
  },
};
