/** Barcode and QR scanners on a serial port (also USB in "virtual COM port" mode): each whole scan becomes one code reading. */
import type { Timer } from '@tramhoc/base/clock';
import { z } from 'zod';
import { PortAddress } from '../../transports/port-address.ts';
import { afterSilence } from '../after-silence.ts';
import { type Driver, type DriverDefinition, describe } from '../driver.ts';
import { readLink } from '../read-link.ts';
import { scannerUse } from '../scanner-fields.ts';
import { endPause, type Framed, feed, newFramer, pauseMs } from './codec.ts';
import { discovery } from './discovery.ts';

const baudRates = [1200, 2400, 4800, 9600, 19_200, 38_400, 57_600, 115_200] as const;

const Config = z.strictObject({
  port: PortAddress,
  baudRate: describe(z.literal(baudRates).default(9600), {
    vi: { title: 'Tốc độ', help: 'Như đã cài trong máy quét. Không có tác dụng với cổng USB ảo và bộ chuyển đổi qua mạng.' },
    en: { title: 'Speed', help: 'As set in the scanner. Makes no difference on virtual USB ports and network device servers.' },
    unit: 'baud',
  }),
  terminator: describe(z.enum(['auto', 'cr', 'lf', 'tab', 'etx', 'none']).default('auto'), {
    vi: {
      title: 'Ký tự kết thúc',
      help: 'Tự nhận biết là đủ, trừ khi nội dung mã có xuống dòng hoặc dấu tab, hoặc máy quét không gửi ký tự nào.',
    },
    en: { title: 'End mark', help: 'Detecting it is right unless codes contain line breaks or tabs, or the scanner sends no end mark.' },
    options: {
      auto: { vi: 'Tự nhận biết', en: 'Detect' },
      cr: { vi: 'CR (Enter) hoặc CR LF', en: 'CR (Enter) or CR LF' },
      lf: { vi: 'LF', en: 'LF' },
      tab: { vi: 'TAB', en: 'TAB' },
      etx: { vi: 'ETX', en: 'ETX' },
      none: { vi: 'Không có, hết mã khi ngừng gửi', en: 'None, a pause ends the code' },
    },
  }),
  use: scannerUse,
});
export type ScannerSerialConfig = z.infer<typeof Config>;

export const scannerSerial: DriverDefinition<ScannerSerialConfig> = {
  kind: 'scanner-serial',
  title: { vi: 'Máy quét mã vạch và QR (cổng nối tiếp)', en: 'Barcode and QR scanner (serial)' },
  configSchema: Config,
  capabilities: [{ can: 'read-codes' }],
  discovery,
  link: ({ port, baudRate }) => ({ port, serial: { baudRate, dataBits: 8, parity: 'none', stopBits: 1 } }),
  async open(link, first, { clock, log, emit }): Promise<Driver<ScannerSerialConfig>> {
    let config = first;
    let framer = newFramer;
    let pause: Timer | undefined;
    const counters = { frameCount: 0, skippedBytes: 0, timeoutCount: 0, lastFrameAtMs: undefined as number | undefined };

    const armPause = (): void => {
      pause?.cancel();
      const waitMs = pauseMs(framer, config.terminator);
      pause = waitMs === undefined ? undefined : afterSilence(clock, waitMs, () => take(endPause(framer, config.terminator)));
    };
    const take = (framed: Framed): void => {
      framer = framed.framer;
      counters.skippedBytes += framed.skippedBytes;
      if (framed.skippedBytes > 0) log.warn({ skippedBytes: framed.skippedBytes }, 'scan dropped: damaged, torn or too long');
      armPause();
      for (const text of framed.scans) {
        counters.frameCount += 1;
        counters.lastFrameAtMs = clock.monotonicMs();
        emit({ kind: 'code', text });
      }
    };
    const reader = readLink(link, {
      onBytes: (chunk) => take(feed(framer, chunk, config.terminator)),
      // half a scan is not a scan
      onGone: () => pause?.cancel(),
    });
    return {
      async configure(next) {
        config = next;
        armPause();
      },
      async close() {
        pause?.cancel();
        reader.stop();
      },
      counters: () => ({ ...counters }),
    };
  },
};
