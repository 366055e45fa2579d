/** All chance of a history, from one seed: the same seed throws the same numbers on every computer. */
import type { Random } from '@tramhoc/base/random';

export type Dice = Random & {
  /** 0 <= value < 1 */
  fraction(): number;
  chance(probability: number): boolean;
  /** `from` <= value <= `to`, whole. */
  whole(from: number, to: number): number;
  between(from: number, to: number): number;
  pick<T>(items: readonly T[]): T;
  /** Dice of their own for a part, so that one throw more in one part does not change all others. */
  fork(): Dice;
};

/** sfc32 (C. Doty-Humphrey, PractRand), seeded through splitmix32: neighbouring seeds have nothing in common. */
export function dice(seed: number): Dice {
  let mixed = seed | 0;
  const split = (): number => {
    mixed = (mixed + 0x9e3779b9) | 0;
    let z = mixed ^ (mixed >>> 16);
    z = Math.imul(z, 0x21f0aaad);
    z ^= z >>> 15;
    z = Math.imul(z, 0x735a2d97);
    return (z ^ (z >>> 15)) | 0;
  };
  let [a, b, c, d] = [split(), split(), split(), 1];
  const next = (): number => {
    const sum = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return sum >>> 0;
  };
  for (let round = 0; round < 12; round += 1) next();
  const fraction = (): number => next() / 2 ** 32;
  const whole = (from: number, to: number): number => from + Math.floor(fraction() * (to - from + 1));
  return {
    fraction,
    whole,
    chance: (probability) => fraction() < probability,
    between: (from, to) => from + fraction() * (to - from),
    pick: (items) => items[whole(0, items.length - 1)]!,
    fork: () => dice(next()),
    bytes: (count) => Uint8Array.from({ length: count }, () => next() >>> 24),
    uuid() {
      const hex = (words: number): string => Array.from({ length: words }, () => next().toString(16).padStart(8, '0')).join('');
      const digits = hex(4);
      const variant = '89ab'[next() & 3];
      return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-4${digits.slice(13, 16)}-${variant}${digits.slice(17, 20)}-${digits.slice(20)}`;
    },
  };
}
