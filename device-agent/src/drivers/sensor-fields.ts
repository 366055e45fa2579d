/** Config keys that every sensor has, with their texts. */
import { z } from 'zod';
import { describe } from './driver.ts';

export type SensorConfig = { reportEveryS: number; warmUpS: number };

export const reportEveryS = describe(z.int().min(1).max(3_600).default(60), {
  vi: { title: 'Chu kỳ báo cáo', help: 'Mỗi chu kỳ gửi một giá trị trung bình.' },
  en: { title: 'Report every', help: 'One average is sent per period.' },
  unit: 's',
});

/** `defaultS`: what the maker asks for. */
export function warmUpS(defaultS: number): z.ZodDefault<z.ZodInt> {
  return describe(z.int().min(0).max(600).default(defaultS), {
    vi: {
      title: 'Thời gian làm nóng',
      help: `Số đo trong khoảng này sau khi có điện không được báo cáo; thông thường là ${defaultS} giây.`,
    },
    en: { title: 'Warm-up', help: `Values within this time after power-up are not reported; usual are ${defaultS} seconds.` },
    unit: 's',
  });
}

export function pollEveryS(defaultS: number): z.ZodDefault<z.ZodInt> {
  return describe(z.int().min(1).max(3_600).default(defaultS), {
    vi: { title: 'Chu kỳ hỏi', help: 'Thiết bị được hỏi số đo mỗi lần sau khoảng thời gian này.' },
    en: { title: 'Ask every', help: 'The device is asked for its values once in this time.' },
    unit: 's',
  });
}
