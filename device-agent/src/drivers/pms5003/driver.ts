/** Plantower air sensors: averages of their once-a-second frames, nothing during warm-up, an alarm when they fall silent. */
import { every, type Timer } from '@tramhoc/base/clock';
import { TramError } from '@tramhoc/protocol/errors';
import { z } from 'zod';
import { PortAddress } from '../../transports/port-address.ts';
import { type Driver, type DriverDefinition, describe } from '../driver.ts';
import { joined, readLink } from '../read-link.ts';
import { addAir, averages, noAir } from './average.ts';
import { activeMode, airOf, decode, type PmsFrame, wakeUp } from './codec.ts';

/** In active mode a frame comes at the latest every 2.3 s; after this much silence the sensor sleeps, waits to be asked, or was without power. */
const silenceMs = 5_000;
/** A sensor that two wake-ups did not bring back. */
const giveUpMs = 15_000;

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
  reportEveryS: describe(z.int().min(1).max(3_600).default(60), {
    vi: { title: 'Chu kỳ báo cáo', help: 'Mỗi chu kỳ gửi một giá trị trung bình.' },
    en: { title: 'Report every', help: 'One average is sent per period.' },
    unit: 's',
  }),
  warmUpS: describe(z.int().min(0).max(600).default(30), {
    vi: { title: 'Thời gian làm nóng', help: 'Số đo trong khoảng này sau khi có điện không được báo cáo; nhà sản xuất ghi 30 giây.' },
    en: { title: 'Warm-up', help: 'Values within this time after power-up are not reported; the maker asks for 30 seconds.' },
    unit: 's',
  }),
});
export type Pms5003Config = z.infer<typeof Config>;

export const pms5003: DriverDefinition<Pms5003Config> = {
  kind: 'pms5003',
  title: { vi: 'Cảm biến bụi mịn Plantower (PMS5003)', en: 'Plantower air quality sensor (PMS5003)' },
  configSchema: Config,
  capabilities: [{ can: 'measure', quantities: ['pm1', 'pm25', 'pm10', 'temperatureC', 'humidityPct'] }],
  link: ({ port }) => ({ port, serial: { baudRate: 9600, dataBits: 8, parity: 'none', stopBits: 1 } }),
  async open(link, first, { clock, log, emit, fail }): Promise<Driver<Pms5003Config>> {
    let config = first;
    let rest: Uint8Array = new Uint8Array();
    let sum = noAir;
    let intervalFromMs = clock.monotonicMs();
    let poweredAtMs = intervalFromMs;
    let heardAtMs = intervalFromMs;
    const counters = { frameCount: 0, skippedBytes: 0, timeoutCount: 0, lastFrameAtMs: undefined as number | undefined };
    let reportTimer: Timer | undefined;

    const armReport = (): void => {
      reportTimer?.cancel();
      reportTimer = clock.after(intervalFromMs + config.reportEveryS * 1_000 - clock.monotonicMs(), report);
    };
    const report = (): void => {
      const ended = sum;
      sum = noAir;
      intervalFromMs = clock.monotonicMs();
      armReport();
      if (ended.sampleCount > 0) emit({ kind: 'measurements', measurements: averages(ended), sampleCount: ended.sampleCount });
    };
    const take = (frame: PmsFrame): void => {
      const air = airOf(frame, config.model);
      if (air === undefined) return;
      const nowMs = clock.monotonicMs();
      if (nowMs - heardAtMs >= silenceMs) poweredAtMs = nowMs;
      heardAtMs = nowMs;
      counters.frameCount += 1;
      counters.lastFrameAtMs = nowMs;
      if (nowMs - poweredAtMs >= config.warmUpS * 1_000) sum = addAir(sum, air);
    };
    const watch = every(clock, silenceMs, () => {
      const silentMs = clock.monotonicMs() - heardAtMs;
      if (silentMs >= giveUpMs) {
        counters.timeoutCount += 1;
        stop();
        fail(
          new TramError('DRIVER_TIMEOUT', `no frame from the air sensor for ${giveUpMs / 1_000} s; check its 5 V supply and its TX wire.`),
        );
      } else if (silentMs >= silenceMs && link.writable) {
        log.debug({ silentMs }, 'air sensor silent, waking it up');
        link.write(wakeUp);
        link.write(activeMode);
      }
    });
    const reader = readLink(link, {
      onBytes(chunk) {
        const decoded = decode(joined(rest, chunk));
        rest = decoded.rest;
        counters.skippedBytes += decoded.skippedBytes;
        for (const frame of decoded.frames) take(frame);
      },
      onGone: () => stop(),
    });
    const stop = (): void => {
      reportTimer?.cancel();
      watch.cancel();
      reader.stop();
    };
    armReport();
    return {
      async configure(next) {
        config = next;
        armReport();
      },
      close: async () => stop(),
      counters: () => ({ ...counters }),
    };
  },
};
