import { expect, test } from 'vitest';
import { readCardCsv } from '../../roster/card-csv.ts';
import { importFaultText } from './import-fault.ts';
import { siteIdFrom, withSite } from './site-list.ts';

test('every fault that the centre finds in a list of cards is told in Vietnamese', () => {
  const lines = [
    'so_the,ma,ho_ten,lop',
    ',HS-1,An,10A1',
    '14008EC793,,An,10A1',
    '14008EC793,HS-1,,10A1',
    '14008EC793,HS-1,An,10A1',
    '14008EC793,HS-2,Bình,10A1',
    'qr:,HS-3,Chi,10A1',
    '9999999999999,HS-4,Dũng,10A1',
    'xin chào,HS-5,Hà,10A1',
    'PIN:0,HS-8,Mai,10A1',
    '0009357203,HS-6,Khôi,10A1',
    `14008EC7A0,${'x'.repeat(60)},Linh,10A1`,
  ];
  const { faults } = readCardCsv(new TextEncoder().encode(lines.join('\n')), '00'.repeat(32));
  expect(faults).toHaveLength(10);
  for (const { reason } of faults) expect(importFaultText(reason, 'vi')).not.toBe(reason);
  const repeated = faults.find(({ reason }) => reason.startsWith('the same card'))!;
  expect(importFaultText(repeated.reason, 'vi')).toBe('Trùng thẻ với dòng 5');
  expect(importFaultText('something new', 'vi')).toBe('something new');
});

test('the id of a site is suggested from its name', () => {
  expect(siteIdFrom('THPT Nguyễn Thượng Hiền')).toBe('thpt-nguyen-thuong-hien');
  expect(siteIdFrom('  Trường Đặng Dung – cơ sở 2 ')).toBe('truong-dang-dung-co-so-2');
  expect(siteIdFrom('Trung tâm học tập cộng đồng phường Bình Chiểu')).toMatch(/^[a-z0-9][a-z0-9-]{0,38}[a-z0-9]$/);
});

test('news of a site replace its row and never double it', () => {
  const site = (siteId: string, tapsToday: number) => ({ siteId, tapsToday }) as Parameters<typeof withSite>[1];
  expect(withSite([site('a', 1), site('b', 1)], site('a', 2))).toEqual([site('a', 2), site('b', 1)]);
  expect(withSite([site('a', 1)], site('c', 0))).toHaveLength(2);
});
