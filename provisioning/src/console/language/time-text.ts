/** Times for people: `HH:mm dd/MM/yyyy` in Vietnam (Asia/Ho_Chi_Minh) whatever the computer is set to, in both languages of the console. */
import { type Language, localeOf } from './language.tsx';

const timeZone = 'Asia/Ho_Chi_Minh';
const clockParts = new Intl.DateTimeFormat('en-GB', {
  timeZone,
  hourCycle: 'h23',
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
});

type Parts = { year: string; month: string; day: string; hour: string; minute: string; second: string };
function partsOf(ms: number): Parts {
  const parts: Partial<Record<string, string>> = {};
  for (const { type, value } of clockParts.formatToParts(ms)) parts[type] = value;
  return parts as Parts;
}

/** `07:05` */
export const timeText = (ms: number): string => {
  const { hour, minute } = partsOf(ms);
  return `${hour}:${minute}`;
};
/** `07:05:09` */
export const secondsText = (ms: number): string => {
  const { hour, minute, second } = partsOf(ms);
  return `${hour}:${minute}:${second}`;
};
/** `23/11/2026` */
export const dateText = (ms: number): string => {
  const { day, month, year } = partsOf(ms);
  return `${day}/${month}/${year}`;
};
/** `07:05 23/11/2026` */
export const dateTimeText = (ms: number): string => `${timeText(ms)} ${dateText(ms)}`;

/** The day in Vietnam, `2026-11-23`: what the API calls a date. */
export const dayOf = (ms: number): string => {
  const { day, month, year } = partsOf(ms);
  return `${year}-${month}-${day}`;
};

/** `2026-11-23` and -1 give `2026-11-22`. */
export function dayPlus(day: string, days: number): string {
  const at = Date.parse(`${day}T12:00:00Z`) + days * 86_400_000;
  return new Date(at).toISOString().slice(0, 10);
}

/** `Thứ Hai, 23/11/2026` */
export function longDayText(day: string, language: Language): string {
  const noon = Date.parse(`${day}T12:00:00+07:00`);
  const weekday = new Intl.DateTimeFormat(localeOf(language), { timeZone, weekday: 'long' }).format(noon);
  return `${weekday}, ${dateText(noon)}`;
}

const steps: readonly [limitS: number, unitS: number, unit: Intl.RelativeTimeFormatUnit][] = [
  [60, 1, 'second'],
  [3_600, 60, 'minute'],
  [86_400, 3_600, 'hour'],
  [Number.POSITIVE_INFINITY, 86_400, 'day'],
];

/** `12 giây trước`, `3 minutes ago`. A time a little in the future (two clocks) counts as now. */
export function agoText({ atMs, nowMs }: { atMs: number; nowMs: number }, language: Language): string {
  const seconds = Math.max(0, Math.round((nowMs - atMs) / 1_000));
  if (seconds < 5) return language === 'vi' ? 'vừa xong' : 'just now';
  const [, unitS, unit] = steps.find(([limitS]) => seconds < limitS)!;
  return new Intl.RelativeTimeFormat(localeOf(language), { numeric: 'always' }).format(-Math.floor(seconds / unitS), unit);
}

/** Time left as `14:05`; `0:00` when it is over. */
export function countdownText(leftMs: number): string {
  const seconds = Math.max(0, Math.ceil(leftMs / 1_000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/** Whole days until `atMs`, negative when it has passed. */
export const daysUntil = (atMs: number, nowMs: number): number => Math.floor((atMs - nowMs) / 86_400_000);
