/** Randomness, handed to whoever needs it, so that a simulation can replay it from a seed. */
import { randomBytes } from 'node:crypto';

export type Random = {
  bytes(count: number): Uint8Array;
  /** 0 <= value < 1, for jitter. */
  fraction(): number;
  /** A version 4 UUID. */
  uuid(): string;
};

export function systemRandom(): Random {
  return withBytes((count) => randomBytes(count));
}

/** xorshift128 from a 32-bit seed. For tests and simulations only: an attacker could predict it. */
export function seededRandom(seed: number): Random {
  let [a, b, c, d] = [seed | 1, 0x9e3779b9, 0x243f6a88, 0xb7e15162];
  const next = (): number => {
    const t = d ^ (d << 11);
    d = c;
    c = b;
    b = a;
    a = a ^ (a >>> 19) ^ t ^ (t >>> 8);
    return a >>> 0;
  };
  for (let round = 0; round < 16; round += 1) next();
  return withBytes((count) => Uint8Array.from({ length: count }, () => next() >>> 24));
}

function withBytes(bytes: (count: number) => Uint8Array): Random {
  return {
    bytes,
    fraction() {
      const four = bytes(4);
      return new DataView(four.buffer, four.byteOffset, 4).getUint32(0) / 2 ** 32;
    },
    uuid() {
      const raw = Uint8Array.from(bytes(16));
      raw[6] = (raw[6]! & 0x0f) | 0x40;
      raw[8] = (raw[8]! & 0x3f) | 0x80;
      const hex = Buffer.from(raw).toString('hex');
      return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
    },
  };
}
