/** Numbers for people: `1.234,5` in Vietnamese, `1,234.5` in English. */
import { type Language, localeOf } from './language.tsx';

const formats = new Map<string, Intl.NumberFormat>();

/** At most `digits` digits after the sign; 0 without. */
export function numberText(value: number, language: Language, digits = 0): string {
  const key = `${language}${digits}`;
  const format = formats.get(key) ?? new Intl.NumberFormat(localeOf(language), { maximumFractionDigits: digits });
  formats.set(key, format);
  return format.format(value);
}

/** `92 %`; of nothing is `–`. */
export function shareText(part: number, whole: number, language: Language): string {
  return whole === 0 ? '–' : `${numberText((100 * part) / whole, language)} %`;
}
