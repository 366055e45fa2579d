/** What a citizen can tell us at a kiosk (phản ánh), and the code that finds it again. */
import { z } from 'zod';

export const feedbackCategories = ['facilities', 'teaching', 'services', 'safety', 'food', 'other'] as const;
export const FeedbackCategory = z.enum(feedbackCategories);
export type FeedbackCategory = z.infer<typeof FeedbackCategory>;
/** What the person at the kiosk chooses, and what the office reads. */
export const feedbackCategoryTitles: Readonly<Record<'vi' | 'en', Readonly<Record<FeedbackCategory, string>>>> = {
  vi: {
    facilities: 'Cơ sở vật chất',
    teaching: 'Dạy và học',
    services: 'Thủ tục, dịch vụ',
    safety: 'An toàn, trật tự',
    food: 'Bữa ăn, vệ sinh',
    other: 'Việc khác',
  },
  en: {
    facilities: 'Rooms and equipment',
    teaching: 'Teaching and learning',
    services: 'Paperwork and services',
    safety: 'Safety and order',
    food: 'Meals and hygiene',
    other: 'Something else',
  },
};

/** Vietnamese mobile or land-line number as typed: digits with an optional +84, spaces and dots. */
export const PhoneNumber = z
  .string()
  .trim()
  .regex(/^(?:\+84|0)(?:[ .]?\d){9,10}$/, 'a Vietnamese number, e.g. 0912 345 678');

/** As people read it out: `0912345678` is `0912 345 678`. One that was typed in groups stays as it is. */
export function phoneText(phone: string): string {
  const [, prefix, national = ''] = /^(\+84|0)(\d{9,10})$/.exec(phone.trim()) ?? [];
  if (prefix === undefined) return phone;
  // mobile numbers have nine digits after the prefix, land lines ten: 24 and 28 are Hanoi and the city, other areas have three
  const areaDigits = national.length === 10 && /^2[48]/.test(national) ? 2 : 3;
  const [area, rest] = [national.slice(0, areaDigits), national.slice(areaDigits)];
  const half = rest.length - (rest.length === 6 ? 3 : 4);
  return `${prefix}${prefix === '0' ? '' : ' '}${area} ${rest.slice(0, half)} ${rest.slice(half)}`;
}

export const Feedback = z.strictObject({
  category: FeedbackCategory,
  text: z.string().trim().min(5).max(2_000),
  phone: PhoneNumber.optional(),
  language: z.enum(['vi', 'en']),
});
export type Feedback = z.infer<typeof Feedback>;

/** `PA-` and 8 characters of Crockford's base 32 in two groups: 40 random bits, readable over the phone. */
export const TrackingCode = z.string().regex(/^PA-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$/, 'a code like PA-7K3M-9QXP');
export type TrackingCode = z.infer<typeof TrackingCode>;
