/** Config keys that every scanner has, with their texts. */
import { z } from 'zod';
import { describe } from './driver.ts';

export const scannerUse = describe(z.enum(['attendance', 'kiosk']).default('kiosk'), {
  vi: { title: 'Dùng để', help: 'Điểm danh: mỗi mã là một lượt có mặt. Kiosk: mã được đưa vào màn hình đang mở.' },
  en: { title: 'Used for', help: 'Attendance: each code counts as a tap. Kiosk: the code goes to the screen that is open.' },
  options: { attendance: { vi: 'Điểm danh', en: 'Attendance' }, kiosk: { vi: 'Kiosk', en: 'Kiosk' } },
});
