/** USB scanners in HID-POS mode: each whole code becomes one code reading, Vietnamese letters included. */
import type { Timer } from '@tramhoc/base/clock';
import { z } from 'zod';
import { hidAddress, withUsagePage } from '../../transports/port-address.ts';
import { afterSilence } from '../after-silence.ts';
import type { Driver, DriverDefinition } from '../driver.ts';
import { readLink } from '../read-link.ts';
import { scannerUse } from '../scanner-fields.ts';
import { type Assembled, endPause, feedReport, nothingHeld, pauseMs } from './codec.ts';
import { discovery } from './discovery.ts';

/** Bar code scanners: USB HID usage tables, page 8C. Some have a keyboard or a vendor's interface beside it. */
const barcodePage = 0x8c;

const Config = z.strictObject({ port: hidAddress('hid:05e0:0600'), use: scannerUse });
export type HidPosScannerConfig = z.infer<typeof Config>;

export const hidPosScanner: DriverDefinition<HidPosScannerConfig> = {
  kind: 'hid-pos-scanner',
  title: { vi: 'Máy quét mã vạch và QR (USB, chế độ HID-POS)', en: 'Barcode and QR scanner (USB, HID-POS mode)' },
  configSchema: Config,
  capabilities: [{ can: 'read-codes' }],
  discovery,
  link: ({ port }) => ({ port: withUsagePage(port, barcodePage), serial: { baudRate: 9600, dataBits: 8, parity: 'none', stopBits: 1 } }),
  async open(link, _config, { clock, log, emit }): Promise<Driver<HidPosScannerConfig>> {
    let assembly = nothingHeld;
    let pause: Timer | undefined;
    const counters = { frameCount: 0, skippedBytes: 0, timeoutCount: 0, lastFrameAtMs: undefined as number | undefined };
    const take = (assembled: Assembled): void => {
      assembly = assembled.assembly;
      counters.skippedBytes += assembled.skippedBytes;
      if (assembled.skippedBytes > 0) log.warn({ skippedBytes: assembled.skippedBytes }, 'scan dropped: damaged, torn or too long');
      pause?.cancel();
      const waitMs = pauseMs(assembly);
      pause = waitMs === undefined ? undefined : afterSilence(clock, waitMs, () => take(endPause(assembly)));
      for (const text of assembled.scans) {
        counters.frameCount += 1;
        counters.lastFrameAtMs = clock.monotonicMs();
        emit({ kind: 'code', text });
      }
    };
    const reader = readLink(link, {
      onBytes: (report) => take(feedReport(assembly, report)),
      // half a scan is not a scan
      onGone: () => pause?.cancel(),
    });
    return {
      // what a code is used for is decided above the drivers
      async configure() {},
      async close() {
        pause?.cancel();
        reader.stop();
      },
      counters: () => ({ ...counters }),
    };
  },
};
