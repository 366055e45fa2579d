/** Winsen CO₂ sensors: asked every few seconds; what they say while they preheat, and values outside their range, are not reported. */
import { z } from 'zod';
import { PortAddress } from '../../transports/port-address.ts';
import { type DriverDefinition, describe } from '../driver.ts';
import { openPolled } from '../polled-sensor.ts';
import { pollEveryS, reportEveryS, warmUpS } from '../sensor-fields.ts';
import { decode, readRequest } from './codec.ts';
import { discovery } from './discovery.ts';
import { hearPpm, justOpened } from './preheat-machine.ts';

const Config = z.strictObject({
  port: PortAddress,
  rangePpm: describe(z.enum(['2000', '5000', '10000']).default('5000'), {
    vi: { title: 'Dải đo', help: 'Ghi trên nhãn hoặc hóa đơn. Số đo lớn hơn dải đo bị bỏ qua.' },
    en: { title: 'Measuring range', help: 'Written on the label or the invoice. Larger values are ignored.' },
    unit: 'ppm',
    options: { 2000: { vi: '0–2000', en: '0–2000' }, 5000: { vi: '0–5000', en: '0–5000' }, 10000: { vi: '0–10000', en: '0–10000' } },
  }),
  pollEveryS: pollEveryS(5),
  reportEveryS,
  warmUpS: warmUpS(180),
});
export type Mhz19Config = z.infer<typeof Config>;

export const mhz19: DriverDefinition<Mhz19Config> = {
  kind: 'mhz19',
  title: { vi: 'Cảm biến CO₂ Winsen (MH-Z19)', en: 'Winsen CO₂ sensor (MH-Z19)' },
  configSchema: Config,
  capabilities: [{ can: 'measure', quantities: ['co2'] }],
  discovery,
  link: ({ port }) => ({ port, serial: { baudRate: 9600, dataBits: 8, parity: 'none', stopBits: 1 } }),
  open(link, config, deps) {
    let memory = justOpened;
    return openPolled(link, config, deps, {
      async round(ask, { rangePpm, warmUpS }) {
        const co2 = await ask({ bytes: readRequest, decode: lastAnswer });
        if (co2 === undefined) {
          memory = { ...memory, missed: true };
          return { kind: 'no answer' };
        }
        if (co2 <= 0 || co2 > Number(rangePpm)) return { kind: 'sample', sample: {} };
        memory = hearPpm(memory, { ppm: co2, nowMs: deps.clock.monotonicMs() }, warmUpS * 1_000);
        return { kind: 'sample', sample: memory.held === undefined ? { co2 } : {} };
      },
      gapMs: 0,
      checks: {
        silent: 'check the 5 V supply of the CO₂ sensor, and that TX and RX are crossed.',
        valueless: 'the CO₂ sensor answers but gives no value within its range; check its 5 V supply and the range, else replace it.',
      },
    });
  },
};

/** Of several answers in one chunk (a late one, and the one to this question) the last is the newest. */
function lastAnswer(input: Uint8Array): { answer: number | undefined; rest: Uint8Array; skippedBytes: number } {
  const { ppm, rest, skippedBytes } = decode(input);
  return { answer: ppm.at(-1), rest, skippedBytes };
}
