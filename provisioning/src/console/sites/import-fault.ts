/** Why a line of a card list was not taken. The centre writes English; the office reads Vietnamese. Pure. */
import type { Language } from '../language/language.tsx';

const vietnamese: readonly [RegExp, string][] = [
  [/^the card number is missing/, 'Thiếu số thẻ'],
  [/^the person's number is missing/, 'Thiếu mã người'],
  [/^the name is missing/, 'Thiếu họ tên'],
  [/^the same card as in line (\d+)/, 'Trùng thẻ với dòng $1'],
  [/^the printed code after qr: is empty or too long/, 'Mã in sau “qr:” bị trống hoặc quá dài'],
  [/^this number is larger than five bytes/, 'Số lớn hơn 5 byte; nhập UID dạng hex, ví dụ 14008EC793'],
  [/^not a terminal number/, 'Không phải số trên máy chấm công: nhập PIN: và số của người đó trên máy, ví dụ PIN:1023'],
  [
    /^not a card number/,
    'Không phải số thẻ: nhập UID dạng hex (ví dụ 14008EC793), số thập phân 5 byte đầy đủ, hoặc PIN:1023 cho máy chấm công',
  ],
  [
    /^these digits may be the number printed on the card/,
    'Có thể là số in trên thẻ, thiếu byte đầu: nhập UID dạng hex với 0x ở trước (ví dụ 0x14008EC793) hoặc số thập phân đầy đủ 11–13 chữ số',
  ],
  [/^(?:personId|name|group) is too long/, 'Ô quá dài (mã 40, họ tên 120, lớp 40 ký tự)'],
];

/** A reason that this page does not know stays as the centre wrote it. */
export function importFaultText(reason: string, language: Language): string {
  if (language === 'en') return reason;
  for (const [pattern, text] of vietnamese) {
    const match = pattern.exec(reason);
    if (match !== null) return text.replace('$1', match[1] ?? '');
  }
  return reason;
}
