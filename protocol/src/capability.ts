/** What a driver can do, as data: features ask for a capability, never for a brand. */
import { z } from 'zod';
import { Quantity, quantities } from './sensor.ts';

export const Capability = z.discriminatedUnion('can', [
  z.strictObject({ can: z.literal('read-cards') }),
  z.strictObject({ can: z.literal('read-codes') }),
  /** Attendance terminals: who used them, and when. */
  z.strictObject({ can: z.literal('read-punches') }),
  /** Each quantity has its one unit: protocol/src/sensor.ts. */
  z.strictObject({ can: z.literal('measure'), quantities: z.array(Quantity).min(1).readonly() }),
  z.strictObject({ can: z.literal('switch-power') }),
  z.strictObject({ can: z.literal('switch-input') }),
  z.strictObject({ can: z.literal('set-volume') }),
  /** Picture, sound or both: what the device understands by it is in its driver's README. */
  z.strictObject({ can: z.literal('mute') }),
  z.strictObject({ can: z.literal('read-items') }),
  /** `items` of the driver reads and writes what is on a tag. */
  z.strictObject({ can: z.literal('write-items') }),
  /** `receipts` of the driver prints. */
  z.strictObject({ can: z.literal('print-receipts') }),
  /** What the computer is made of, how it is kept, and what is plugged into it. */
  z.strictObject({ can: z.literal('describe-computer') }),
  /** The device knows of parts of it that are broken, empty or too hot, and says so. */
  z.strictObject({ can: z.literal('report-faults') }),
]);
export type Capability = z.infer<typeof Capability>;

const words = {
  'read-cards': { vi: 'đọc thẻ', en: 'reads cards' },
  'read-codes': { vi: 'đọc mã vạch, mã QR', en: 'reads barcodes and QR codes' },
  'read-punches': { vi: 'ghi lượt chấm công', en: 'records attendance' },
  measure: { vi: 'đo', en: 'measures' },
  'switch-power': { vi: 'bật tắt nguồn', en: 'switches power' },
  'switch-input': { vi: 'chuyển ngõ vào', en: 'switches inputs' },
  'set-volume': { vi: 'chỉnh âm lượng', en: 'sets the volume' },
  mute: { vi: 'tắt tiếng', en: 'mutes' },
  'read-items': { vi: 'đọc tài liệu thư viện', en: 'reads library items' },
  'write-items': { vi: 'ghi nhãn tài liệu thư viện', en: 'writes library tags' },
  'print-receipts': { vi: 'in phiếu', en: 'prints receipts' },
  'describe-computer': { vi: 'theo dõi máy tính', en: 'watches the computer' },
  'report-faults': { vi: 'tự báo hỏng', en: 'reports its faults' },
} as const satisfies Record<Capability['can'], { vi: string; en: string }>;

/** For people, with units where it measures: `measures PM2.5 (µg/m³), temperature (°C)`. */
export function capabilityText(capability: Capability, language: 'vi' | 'en'): string {
  const text = words[capability.can][language];
  if (capability.can !== 'measure') return text;
  const measured = capability.quantities.map((quantity) => `${quantities[quantity].label[language]} (${quantities[quantity].unit})`);
  return `${text} ${measured.join(', ')}`;
}
