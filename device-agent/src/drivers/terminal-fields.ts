/** Config keys that attendance terminals have in common, with their texts. */
import { z } from 'zod';
import { describe } from './driver.ts';

const oneSerial = '[0-9A-Za-z][0-9A-Za-z:_-]{0,39}';
/** A school has a handful; each holds one of the 16 connections. */
const serialList = new RegExp(`^(?:${oneSerial}(?:[ ,;]+${oneSerial}){0,15})?$`);

/** Only terminals whose serial number is in the list are listened to: it is all that these protocols know of who somebody is. */
export const serials = describe(
  z.string().trim().max(700).regex(serialList, 'serial numbers with commas between them, at most 16').default(''),
  {
    vi: {
      title: 'Số sê-ri được phép',
      help: 'Số sê-ri in trên máy, nhiều máy thì cách nhau bằng dấu phẩy. Máy không có trong danh sách bị từ chối; khi danh sách trống, lỗi của khe cho biết số của máy vừa gọi đến.',
    },
    en: {
      title: 'Allowed serial numbers',
      help: 'As printed on the terminal, with commas between several. A terminal that is not listed is refused; while the list is empty the fault of the slot names the one that called.',
    },
  },
);

/** As a set, in capitals. */
export function serialSet(text: string): ReadonlySet<string> {
  return new Set(
    text
      .toUpperCase()
      .split(/[ ,;]+/)
      .filter((serial) => serial !== ''),
  );
}

/** Zones in use. */
const offsets = { min: -12 * 60, max: 14 * 60 };
export const isUtcOffset = (minutes: number): boolean => Number.isInteger(minutes) && minutes >= offsets.min && minutes <= offsets.max;

/** The zone of the terminal's own clock. */
export const utcOffsetMinutes = describe(z.int().min(offsets.min).max(offsets.max).default(420), {
  vi: { title: 'Múi giờ của máy', help: 'Số phút lệch so với UTC của đồng hồ trên máy chấm công; Việt Nam là 420.' },
  en: { title: 'Time zone of the terminal', help: 'Minutes from UTC of the clock in the terminal; Viet Nam has 420.' },
  unit: 'min',
});
