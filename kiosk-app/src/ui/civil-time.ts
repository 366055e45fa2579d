/** Times as people read them, always in Vietnam's time (UTC+7, no summer time), whatever the computer's own zone is. Pure. */

export type Language = 'vi' | 'en';
const timeZone = 'Asia/Ho_Chi_Minh';
const digits = new Intl.DateTimeFormat('en-GB', {
  timeZone,
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});
const weekdays: Record<Language, Intl.DateTimeFormat> = {
  vi: new Intl.DateTimeFormat('vi', { timeZone, weekday: 'long' }),
  en: new Intl.DateTimeFormat('en-GB', { timeZone, weekday: 'long' }),
};
const englishDate = new Intl.DateTimeFormat('en-GB', { timeZone, day: 'numeric', month: 'long', year: 'numeric' });

function partsOf(wallMs: number): Record<string, string> {
  return Object.fromEntries(digits.formatToParts(wallMs).map(({ type, value }) => [type, value]));
}

/** `07:05` */
export function clockText(wallMs: number): string {
  const { hour, minute } = partsOf(wallMs);
  return `${hour}:${minute}`;
}

/** `07:05:12` */
export function clockTextWithSeconds(wallMs: number): string {
  return `${clockText(wallMs)}:${partsOf(wallMs)['second']}`;
}

/** `23/11/2026 07:05` */
export function shortDateTimeText(wallMs: number): string {
  const { day, month, year } = partsOf(wallMs);
  return `${day}/${month}/${year} ${clockText(wallMs)}`;
}

/** `Thứ Hai, ngày 23 tháng 11 năm 2026`, `Monday, 23 November 2026` */
export function longDateText(wallMs: number, language: Language): string {
  const weekday = weekdays[language].format(wallMs);
  if (language === 'en') return `${weekday}, ${englishDate.format(wallMs)}`;
  const { day, month, year } = partsOf(wallMs);
  return `${weekday}, ngày ${Number(day)} tháng ${Number(month)} năm ${year}`;
}

/** `23/11/2026` */
export function shortDateText(wallMs: number): string {
  const { day, month, year } = partsOf(wallMs);
  return `${day}/${month}/${year}`;
}
