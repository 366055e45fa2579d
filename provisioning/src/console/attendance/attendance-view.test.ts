import { expect, test } from 'vitest';
import { type AttendanceRow, attendanceCsvRows, dayAsked, filterRows, groupCounts, newlyTapped } from './attendance-view.ts';
import { vi } from './messages.vi.ts';

const seven = Date.UTC(2026, 10, 23, 0, 5);
const row = (personId: string, name: string, group: string, more: Partial<AttendanceRow> = {}): AttendanceRow => ({
  ...{ personId, name, group, firstMs: null, lastMs: null, tapCount: 0, timeDoubtful: false },
  ...more,
});
const here = { firstMs: seven, lastMs: seven, tapCount: 1 };
const rows = [
  row('3', 'Trần Văn Bảo', '10A10', { ...here, lastMs: Date.UTC(2026, 10, 23, 9, 40), tapCount: 2 }),
  row('1', 'Lê Thị Bình', '10A2', here),
  row('2', 'Nguyễn Văn An', '10A2'),
  row('4', 'Đỗ Thị Ánh', '10A2', { tapCount: 1 }),
];
const all = { query: '', group: '', shown: 'all' as const };

test.each([
  [undefined, '2026-11-23'],
  ['2026-11-20', '2026-11-20'],
  ['2026-13-99', '2026-11-23'],
  ['hôm nay', '2026-11-23'],
  ['', '2026-11-23'],
])('the address asks for %s: %s is shown', (asked, shown) => expect(dayAsked(asked, '2026-11-23')).toBe(shown));

test('people are listed by class in counting order, then by given name as Vietnamese lists are', () => {
  expect(filterRows(rows, all).map(({ name }) => name)).toEqual(['Nguyễn Văn An', 'Đỗ Thị Ánh', 'Lê Thị Bình', 'Trần Văn Bảo']);
});

test('a tap without a known time still counts as present', () => {
  expect(filterRows(rows, { ...all, shown: 'absent' }).map(({ personId }) => personId)).toEqual(['2']);
  expect(groupCounts(rows)).toEqual([
    { group: '10A2', presentCount: 2, count: 3 },
    { group: '10A10', presentCount: 1, count: 1 },
  ]);
});

test('the file has a line per person, in words that the office knows', () => {
  const [head, ...lines] = attendanceCsvRows({ date: '2026-11-23', rows }, vi);
  expect(head).toEqual(['Ngày', 'Mã', 'Họ tên', 'Lớp', 'Trạng thái', 'Giờ vào', 'Lần cuối', 'Số lần chạm']);
  expect(lines).toEqual([
    ['23/11/2026', '2', 'Nguyễn Văn An', '10A2', 'Chưa chạm thẻ', '', '', 0],
    ['23/11/2026', '4', 'Đỗ Thị Ánh', '10A2', 'Có mặt', 'không rõ giờ', '', 1],
    ['23/11/2026', '1', 'Lê Thị Bình', '10A2', 'Có mặt', '07:05', '', 1],
    ['23/11/2026', '3', 'Trần Văn Bảo', '10A10', 'Có mặt', '07:05', '16:40', 2],
  ]);
});

test('in the file too a time that a terminal cannot have right is told from the others', () => {
  const [, line] = attendanceCsvRows({ date: '2026-11-23', rows: [row('1', 'Lê Thị Bình', '10A2', { ...here, timeDoubtful: true })] }, vi);
  expect(line).toEqual(['23/11/2026', '1', 'Lê Thị Bình', '10A2', 'Có mặt', '07:05 (?)', '', 1]);
});

test('only those who tapped since the last look light up', () => {
  const later = rows.map((one) => (one.personId === '2' ? { ...one, ...here } : one));
  expect([...newlyTapped(rows, later)]).toEqual(['2']);
  expect([...newlyTapped(rows, rows)]).toEqual([]);
});
