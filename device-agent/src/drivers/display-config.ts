/** Config keys that displays have in common, with their texts for the console's form. */
import { z } from 'zod';
import type { Wishes } from './display-dialect.ts';
import { cameTrue } from './display-wishes.ts';
import { describe, type Notes } from './driver.ts';

export const power = describe(z.enum(['keep', 'on', 'off']).default('keep'), {
  vi: {
    title: 'Nguồn',
    help: 'Bật hoặc tắt máy cho đến khi máy xác nhận; sau đó người dùng vẫn bật tắt được bằng điều khiển. Muốn ra lệnh lần nữa: lưu Giữ nguyên, rồi chọn lại.',
  },
  en: {
    title: 'Power',
    help: 'Switches until the display confirms; after that people can still use the remote control. To switch once more: save Keep, then choose again.',
  },
  options: { keep: { vi: 'Giữ nguyên', en: 'Keep' }, on: { vi: 'Bật', en: 'On' }, off: { vi: 'Tắt', en: 'Off' } },
});

/** `codes`: what the usual inputs are called by this protocol. */
export function input(pattern: RegExp, codes: string) {
  return describe(z.string().regex(pattern).default(''), {
    vi: { title: 'Ngõ vào', help: `Mã ngõ vào cần chuyển sang khi máy đang bật, ví dụ ${codes}. Để trống để giữ nguyên.` },
    en: { title: 'Input', help: `Code of the input to switch to while the display is on, e.g. ${codes}. Leave it empty to keep what is.` },
  });
}

export const volumePct = describe(z.int().min(0).max(100).optional(), {
  vi: { title: 'Âm lượng', help: 'Đặt một lần khi máy đang bật; sau đó người dùng vẫn chỉnh được. Để trống để giữ nguyên.' },
  en: { title: 'Volume', help: 'Set once while the display is on; people can still change it after that. Leave it empty to keep what is.' },
  unit: '%',
});

export const muted = describe(z.enum(['keep', 'yes', 'no']).default('keep'), {
  vi: { title: 'Tắt tiếng', help: 'Đặt một lần khi máy đang bật; sau đó người dùng vẫn bật tắt tiếng được.' },
  en: { title: 'Mute', help: 'Set once while the display is on; people can still change it after that.' },
  options: { keep: { vi: 'Giữ nguyên', en: 'Keep' }, yes: { vi: 'Tắt tiếng', en: 'Muted' }, no: { vi: 'Có tiếng', en: 'Not muted' } },
});

export const pollEveryS = describe(z.int().min(5).max(300).default(20), {
  vi: { title: 'Chu kỳ hỏi', help: 'Bao lâu hỏi trạng thái của màn hình một lần.' },
  en: { title: 'Ask every', help: 'How often the display is asked how it is.' },
  unit: 's',
});

/** `min`, `max`: the numbers that the protocol can address. */
export function setId({ min = 1, max }: { min?: number; max: number }) {
  return describe(z.int().min(min).max(max).default(1), {
    vi: { title: 'Số máy (ID)', help: 'Như trong menu của màn hình; chỉ khác 1 khi nhiều màn hình nối chung một dây.' },
    en: { title: 'Set ID', help: "As in the display's menu; other than 1 only where several displays share one cable." },
  });
}

export const wakeOnLanMac = describe(
  z
    .string()
    .regex(/^(?:(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2})?$/)
    .default(''),
  {
    vi: {
      title: 'Địa chỉ MAC để đánh thức',
      help: 'Dùng cho màn hình ngắt mạng khi tắt: gửi gói Wake-on-LAN trước khi kết nối, từ lúc Nguồn đặt là Bật cho đến khi máy đã bật một lần. Ví dụ 00:11:22:33:44:55.',
    },
    en: {
      title: 'MAC address to wake',
      help: 'For displays whose network sleeps when off: a wake-on-LAN packet is sent before connecting, from when Power is set to On until the display was on once. E.g. 00:11:22:33:44:55.',
    },
  },
);

export type DisplayWishConfig = {
  power: 'keep' | 'on' | 'off';
  input: string;
  volumePct?: number | undefined;
  muted: 'keep' | 'yes' | 'no';
};
export function wishesOf({ power, input, volumePct, muted }: DisplayWishConfig): Wishes {
  return {
    ...(power !== 'keep' && { power }),
    ...(input !== '' && { input }),
    ...(volumePct !== undefined && { volumePct }),
    ...(muted !== 'keep' && { muted: muted === 'yes' }),
  };
}

/** The part of a LinkSpec that wakes a display whose owner wants it on, until it was on. */
export function waking(
  { power, wakeOnLanMac }: { power: 'keep' | 'on' | 'off'; wakeOnLanMac: string },
  lasting: Notes | undefined,
): { wakeOnLanMac?: string } {
  return power === 'on' && wakeOnLanMac !== '' && cameTrue(lasting).power !== 'on' ? { wakeOnLanMac } : {};
}
