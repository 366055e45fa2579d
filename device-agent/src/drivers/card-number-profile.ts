/** Card numbers as readers write them, made into the one form that is hashed: upper-case hex, big-endian. The same card then has one number on every reader. */
import { CardUid } from '@tramhoc/protocol/ids';

/**
 * `hex`: 4 to 10 bytes, two digits each. `decimal-10`: a number of 32 bits in ten digits. `decimal-8`: its low 24 bits in eight digits.
 * `facility-8`: the same 24 bits as three digits (first byte) and five (the other two), with or without a comma: `142,51091`.
 */
export type CardNumberFormat = 'hex' | 'decimal-10' | 'decimal-8' | 'facility-8';
/** `reversed`: the reader turns the bytes round, last one first. */
export type CardNumberProfile = { format: CardNumberFormat; byteOrder: 'straight' | 'reversed' };

/** undefined when `text` is no number of this form. Of 24 bits the first byte of four is 0. */
export function cardUidOf(text: string, { format, byteOrder }: CardNumberProfile): CardUid | undefined {
  const bytes = bytesOf(text.trim(), format);
  if (bytes === undefined) return undefined;
  const straight = byteOrder === 'reversed' ? bytes.toReversed() : bytes;
  const padded = [...new Array<number>(Math.max(0, 4 - straight.length)).fill(0), ...straight];
  const uid = CardUid.safeParse(padded.map((byte) => byte.toString(16).toUpperCase().padStart(2, '0')).join(''));
  return uid.success ? uid.data : undefined;
}

function bytesOf(text: string, format: CardNumberFormat): number[] | undefined {
  switch (format) {
    case 'hex':
      return /^(?:[0-9a-fA-F]{2}){4,10}$/.test(text) ? text.match(/../g)!.map((pair) => Number.parseInt(pair, 16)) : undefined;
    case 'decimal-10':
      return /^\d{10}$/.test(text) ? bigEndian(Number(text), 4) : undefined;
    case 'decimal-8':
      return /^\d{8}$/.test(text) ? bigEndian(Number(text), 3) : undefined;
    case 'facility-8': {
      const [, facility = '', number = ''] = /^(\d{3}),?(\d{5})$/.exec(text) ?? [];
      const [first, rest] = [bigEndian(Number(facility), 1), bigEndian(Number(number), 2)];
      return facility === '' || first === undefined || rest === undefined ? undefined : [...first, ...rest];
    }
    default:
      return format satisfies never;
  }
}

/** undefined when `value` does not fit. */
function bigEndian(value: number, byteCount: number): number[] | undefined {
  if (value >= 256 ** byteCount) return undefined;
  return Array.from({ length: byteCount }, (_, at) => Math.floor(value / 256 ** (byteCount - 1 - at)) % 256);
}
