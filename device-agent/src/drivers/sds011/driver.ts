/** Nova Fitness dust sensors: averages of their once-a-second frames, nothing during warm-up, woken when they fall silent. */
import { z } from 'zod';
import { PortAddress } from '../../transports/port-address.ts';
import type { DriverDefinition } from '../driver.ts';
import type { Sample } from '../interval-average.ts';
import { reportEveryS, warmUpS } from '../sensor-fields.ts';
import { possible } from '../sensor-range.ts';
import { openStreamed } from '../streamed-sensor.ts';
import { decode, measureAlways, reportByItself, type SdsFrame, work } from './codec.ts';
import { discovery } from './discovery.ts';

/** A working sensor sends once a second; after this much silence it sleeps, waits to be asked, pauses, or was without power. */
const silenceMs = 5_000;
/** A sensor that three wake-ups did not bring back. The first may find it deaf, asleep. */
const giveUpMs = 20_000;

/** µg/m³. The maker's range ends at 999.9; in thick smoke it may say more, but not that much more. */
const ends = { pm25: 1_999.9, pm10: 1_999.9 };

const Config = z.strictObject({ port: PortAddress, reportEveryS, warmUpS: warmUpS(30) });
export type Sds011Config = z.infer<typeof Config>;

export const sds011: DriverDefinition<Sds011Config> = {
  kind: 'sds011',
  title: { vi: 'Cảm biến bụi mịn Nova (SDS011)', en: 'Nova dust sensor (SDS011)' },
  configSchema: Config,
  capabilities: [{ can: 'measure', quantities: ['pm25', 'pm10', 'pm100'] }],
  discovery,
  link: ({ port }) => ({ port, serial: { baudRate: 9600, dataBits: 8, parity: 'none', stopBits: 1 } }),
  async open(link, config, deps) {
    return openStreamed(link, config, deps, {
      decode(input) {
        const { frames, rest, skippedBytes } = decode(input);
        return { samples: frames.filter(({ kind }) => kind !== 'answer').map(sampleOf), rest, skippedBytes };
      },
      wake: [work, reportByItself, measureAlways],
      wakeAtOpening: false,
      silenceMs,
      giveUpMs,
      checks: {
        who: 'the dust sensor',
        silent: 'check its 5 V supply and its TX wire.',
        valueless: 'check that its fan turns and its inlet is free, else replace it.',
      },
    });
  },
};

/** Nothing at all is what the sensor says while its fan starts, or stands still: no room is that clean. Of coarse dust there may be none. */
function sampleOf(frame: SdsFrame): Sample {
  switch (frame.kind) {
    case 'values':
      return frame.pm25 === 0 && frame.pm10 === 0 ? {} : possible({ pm25: frame.pm25, pm10: frame.pm10 }, ends);
    case 'coarse':
      return possible({ pm100: frame.pm100 });
    case 'answer':
      return {};
    default:
      return frame satisfies never;
  }
}
