/** Config keys that readers of library items share, with their texts. */
import { z } from 'zod';
import { describe } from './driver.ts';

export function pollEveryMs(defaultMs: number): z.ZodDefault<z.ZodInt> {
  return describe(z.int().min(50).max(60_000).default(defaultMs), {
    vi: { title: 'Chu kỳ quét', help: 'Đầu đọc tìm thẻ trong vùng đọc mỗi lần sau khoảng thời gian này.' },
    en: { title: 'Look every', help: 'The reader looks for tags in its field once in this time.' },
    unit: 'ms',
  });
}

/** Readers that can stand at a gate or lie under a pad. */
export const itemsMode = describe(z.enum(['in-field', 'passed']).default('in-field'), {
  vi: { title: 'Cách dùng', help: 'Bàn đọc: tài liệu nằm trên đầu đọc rồi được lấy đi. Cổng: tài liệu được mang qua.' },
  en: { title: 'Use', help: 'Pad: items lie on the reader and are taken away. Gate: items are carried through.' },
  options: { 'in-field': { vi: 'Bàn đọc', en: 'Pad' }, passed: { vi: 'Cổng', en: 'Gate' } },
});
