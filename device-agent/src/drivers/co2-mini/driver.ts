/** ZyAura's USB CO₂ monitors: given their key, then averages of what they send. */
import { z } from 'zod';
import type { HidOutput } from '../../transports/hid.ts';
import { hidAddress } from '../../transports/port-address.ts';
import type { DriverDefinition } from '../driver.ts';
import type { Sample } from '../interval-average.ts';
import { reportEveryS, warmUpS } from '../sensor-fields.ts';
import { openStreamed } from '../streamed-sensor.ts';
import { decodeReport, keyReport, type ZyValue } from './codec.ts';
import { discovery } from './discovery.ts';

/** All values come within about 5 s. */
const silenceMs = 10_000;
const giveUpMs = 30_000;
/** What the sensor inside can mean; anything else is a fault or the start. The display ends at 3,000 ppm, the reports do not. */
const maxPpm = 10_000;
const possibleC = { min: -20, max: 80 };

const Config = z.strictObject({ port: hidAddress('hid:04d9:a052'), reportEveryS, warmUpS: warmUpS(60) });
export type Co2MiniConfig = z.infer<typeof Config>;

const giveKey: HidOutput = { feature: keyReport };

export const co2Mini: DriverDefinition<Co2MiniConfig> = {
  kind: 'co2-mini',
  title: { vi: 'Máy đo CO₂ để bàn, cổng USB (CO2-mini)', en: 'Desk CO₂ monitor with USB (CO2-mini)' },
  configSchema: Config,
  capabilities: [{ can: 'measure', quantities: ['co2', 'temperatureC', 'humidityPct'] }],
  discovery,
  link: ({ port }) => ({ port, serial: { baudRate: 9600, dataBits: 8, parity: 'none', stopBits: 1 } }),
  async open(link, config, deps) {
    return openStreamed(link, config, deps, {
      // a HID link gives whole reports, never parts
      decode(report) {
        const value = decodeReport(report);
        if (value === undefined) return { samples: [], rest: new Uint8Array(), skippedBytes: report.length };
        return { samples: [sampleOf(value)], rest: new Uint8Array(), skippedBytes: 0 };
      },
      wake: [giveKey],
      wakeAtOpening: true,
      silenceMs,
      giveUpMs,
      checks: {
        who: 'the CO₂ monitor',
        silent: 'unplug it and plug it in again, and close other programs that use it.',
        valueless: 'unplug it and plug it in again, else replace it.',
      },
    });
  },
};

function sampleOf(value: ZyValue): Sample {
  switch (value.kind) {
    case 'co2':
      return value.ppm > 0 && value.ppm <= maxPpm ? { co2: value.ppm } : {};
    case 'temperature':
      return value.celsius >= possibleC.min && value.celsius <= possibleC.max ? { temperatureC: value.celsius } : {};
    case 'humidity':
      return value.pct > 0 && value.pct <= 100 ? { humidityPct: value.pct } : {};
    case 'internal':
      return {};
    default:
      return value satisfies never;
  }
}
