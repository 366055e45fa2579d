import { expect, test } from 'vitest';
import { brokerName } from './site-desk.ts';

test('a broker is called after its site, cut between words where that is too long', () => {
  expect(brokerName('THPT Nguyễn Thượng Hiền')).toBe('Máy chủ THPT Nguyễn Thượng Hiền');
  expect(brokerName('Trung tâm Giáo dục nghề nghiệp - Giáo dục thường xuyên huyện Nhà Bè, cơ sở Phước Kiển')).toBe(
    'Máy chủ Trung tâm Giáo dục nghề nghiệp - Giáo dục thường xuyên huyện Nhà Bè, cơ…',
  );
  const exactly = 'x'.repeat(72);
  expect(brokerName(exactly)).toBe(`Máy chủ ${exactly}`);
});
