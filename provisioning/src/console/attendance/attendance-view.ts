/** The day of a site made ready for the screen and for a file. Pure. */
import type { AttendanceDay } from '../../api/contract.ts';
import { finds } from '../language/fold-text.ts';
import { timeText } from '../language/time-text.ts';
import type { AttendanceText } from './messages.vi.ts';

export type AttendanceRow = AttendanceDay['rows'][number];
export type Shown = 'all' | 'present' | 'absent';
export const isPresent = (row: AttendanceRow): boolean => row.tapCount > 0;

/** The day that the address asks for, else today: an address is typed by people, and no such day as `2026-13-99` can be shown. */
export function dayAsked(asked: string | undefined, today: string): string {
  const noonMs = /^\d{4}-\d{2}-\d{2}$/.test(asked ?? '') ? Date.parse(`${asked}T12:00:00Z`) : Number.NaN;
  return Number.isNaN(noonMs) ? today : new Date(noonMs).toISOString().slice(0, 10);
}

/** `10A2` before `10A10`, classes before groups without a number's order. */
const byGroup = (a: string, b: string): number => a.localeCompare(b, 'vi', { numeric: true });
/** Vietnamese lists go by given name, the last word, then by the rest. */
const givenFirst = (name: string): string => {
  const words = name.trim().split(/\s+/);
  return [words.at(-1), ...words.slice(0, -1)].join(' ');
};

export function filterRows(
  rows: readonly AttendanceRow[],
  { query, group, shown }: { query: string; group: string; shown: Shown },
): AttendanceRow[] {
  return rows
    .filter((row) => group === '' || row.group === group)
    .filter((row) => shown === 'all' || isPresent(row) === (shown === 'present'))
    .filter((row) => finds(query, row.name, row.personId, row.group))
    .sort((a, b) => byGroup(a.group, b.group) || givenFirst(a.name).localeCompare(givenFirst(b.name), 'vi'));
}

export type GroupCount = { group: string; presentCount: number; count: number };
export function groupCounts(rows: readonly AttendanceRow[]): GroupCount[] {
  const groups = new Map<string, GroupCount>();
  for (const row of rows) {
    const counts = groups.get(row.group) ?? { group: row.group, presentCount: 0, count: 0 };
    groups.set(row.group, { ...counts, count: counts.count + 1, presentCount: counts.presentCount + (isPresent(row) ? 1 : 0) });
  }
  return [...groups.values()].sort((a, b) => byGroup(a.group, b.group));
}

/** Who has tapped since `before` was shown: their rows flash. */
export function newlyTapped(before: readonly AttendanceRow[], after: readonly AttendanceRow[]): Set<string> {
  const counts = new Map(before.map(({ personId, tapCount }) => [personId, tapCount]));
  return new Set(after.filter(({ personId, tapCount }) => (counts.get(personId) ?? 0) < tapCount).map(({ personId }) => personId));
}

/** `07:05`, with a mark where a terminal's clock cannot be right, or the words for a time nobody knows. */
export const tapTimeText = (ms: number | null, { timeDoubtful }: AttendanceRow, text: AttendanceText): string =>
  ms === null ? text.noTime : timeDoubtful ? text.doubtful(timeText(ms)) : timeText(ms);

/** A line per person, in the order of the screen. */
export function attendanceCsvRows(day: { date: string; rows: readonly AttendanceRow[] }, text: AttendanceText): (string | number)[][] {
  const [year, month, date] = day.date.split('-');
  const time = (row: AttendanceRow, ms: number | null): string => (isPresent(row) ? tapTimeText(ms, row, text) : '');
  return [
    text.csvHead,
    ...filterRows(day.rows, { query: '', group: '', shown: 'all' }).map((row) => [
      `${date}/${month}/${year}`,
      row.personId,
      row.name,
      row.group,
      isPresent(row) ? text.present : text.absent,
      time(row, row.firstMs),
      row.tapCount > 1 ? time(row, row.lastMs) : '',
      row.tapCount,
    ]),
  ];
}
