/** Readers and scanners that pretend to be a keyboard: each line that they type becomes a card or a code. */
import type { Timer } from '@tramhoc/base/clock';
import { z } from 'zod';
import { hidAddress } from '../../transports/port-address.ts';
import { afterSilence } from '../after-silence.ts';
import { cardUidOf } from '../card-number-profile.ts';
import { type Driver, type DriverDefinition, describe } from '../driver.ts';
import { readLink } from '../read-link.ts';
import { scannerUse } from '../scanner-fields.ts';
import { endPause, feedReport, nothingTyped, pauseMs, type Typed } from './codec.ts';
import { discovery } from './discovery.ts';

const Config = z.strictObject({
  port: hidAddress('hid:ffff:0035'),
  reads: describe(z.enum(['cards', 'codes']).default('cards'), {
    vi: { title: 'Thiết bị đọc', help: 'Đầu đọc thẻ gõ số thẻ; máy quét gõ nội dung mã.' },
    en: { title: 'The device reads', help: 'A card reader types card numbers, a scanner types what is in a code.' },
    options: { cards: { vi: 'Thẻ', en: 'Cards' }, codes: { vi: 'Mã vạch, mã QR', en: 'Barcodes, QR codes' } },
  }),
  numberFormat: describe(z.enum(['hex', 'decimal-10', 'decimal-8', 'facility-8']).default('decimal-10'), {
    vi: { title: 'Cách viết số thẻ', help: 'Quẹt một thẻ vào ô soạn thảo để xem đầu đọc gõ ra gì.' },
    en: { title: 'How it writes card numbers', help: 'Hold a card to it in a text editor to see what it types.' },
    options: {
      hex: { vi: 'Hệ 16, ví dụ 008EC793', en: 'Hexadecimal, e.g. 008EC793' },
      'decimal-10': { vi: 'Thập phân 10 chữ số, ví dụ 0009357203', en: 'Decimal, 10 digits, e.g. 0009357203' },
      'decimal-8': { vi: 'Thập phân 8 chữ số, ví dụ 09357203', en: 'Decimal, 8 digits, e.g. 09357203' },
      'facility-8': { vi: 'Mã vùng và số, ví dụ 142,51091', en: 'Facility and number, e.g. 142,51091' },
    },
  }),
  byteOrder: describe(z.enum(['straight', 'reversed']).default('straight'), {
    vi: { title: 'Thứ tự byte của số thẻ', help: 'Chọn đảo khi cùng một thẻ có số khác trên đầu đọc khác.' },
    en: { title: 'Byte order of card numbers', help: 'Choose reversed when the same card has another number on another reader.' },
    options: { straight: { vi: 'Thuận', en: 'Straight' }, reversed: { vi: 'Đảo', en: 'Reversed' } },
  }),
  technology: describe(z.enum(['em4100', 'iso14443', 'iso15693']).default('em4100'), {
    vi: { title: 'Loại thẻ', help: 'Ghi trên nhãn đầu đọc: 125 kHz hoặc 13,56 MHz.' },
    en: { title: 'Kind of card', help: 'On the label of the reader: 125 kHz or 13.56 MHz.' },
    options: {
      em4100: { vi: '125 kHz', en: '125 kHz' },
      iso14443: { vi: '13,56 MHz (MIFARE, NTAG)', en: '13.56 MHz (MIFARE, NTAG)' },
      iso15693: { vi: '13,56 MHz (ISO 15693)', en: '13.56 MHz (ISO 15693)' },
    },
  }),
  use: scannerUse,
});
export type HidKeyboardWedgeConfig = z.infer<typeof Config>;

export const hidKeyboardWedge: DriverDefinition<HidKeyboardWedgeConfig> = {
  kind: 'hid-keyboard-wedge',
  title: { vi: 'Đầu đọc thẻ hoặc máy quét giả lập bàn phím (USB)', en: 'Card reader or scanner that types like a keyboard (USB)' },
  configSchema: Config,
  capabilities: [{ can: 'read-cards' }, { can: 'read-codes' }],
  discovery,
  link: ({ port }) => ({ port, serial: { baudRate: 9600, dataBits: 8, parity: 'none', stopBits: 1 } }),
  async open(link, first, { clock, log, emit }): Promise<Driver<HidKeyboardWedgeConfig>> {
    let config = first;
    let typing = nothingTyped;
    let pause: Timer | undefined;
    const counters = { frameCount: 0, skippedBytes: 0, timeoutCount: 0, lastFrameAtMs: undefined as number | undefined };
    const tell = (line: string): void => {
      const uid = config.reads === 'cards' ? cardUidOf(line, { format: config.numberFormat, byteOrder: config.byteOrder }) : undefined;
      if (config.reads === 'cards' && uid === undefined) {
        counters.skippedBytes += line.length;
        log.warn({ length: line.length }, 'no card number of the format in the config: check how the reader writes them');
        return;
      }
      counters.frameCount += 1;
      counters.lastFrameAtMs = clock.monotonicMs();
      emit(uid === undefined ? { kind: 'code', text: line } : { kind: 'card', uid, technology: config.technology });
    };
    const take = (typed: Typed): void => {
      typing = typed.typing;
      counters.skippedBytes += typed.skippedBytes;
      pause?.cancel();
      const waitMs = pauseMs(typing);
      pause = waitMs === undefined ? undefined : afterSilence(clock, waitMs, () => take(endPause(typing)));
      for (const line of typed.lines) tell(line);
    };
    const reader = readLink(link, {
      onBytes: (report) => take(feedReport(typing, report)),
      onGone: () => pause?.cancel(),
    });
    return {
      async configure(next) {
        config = next;
      },
      async close() {
        pause?.cancel();
        reader.stop();
      },
      counters: () => ({ ...counters }),
    };
  },
};
