/** Reports of ZyAura's USB CO₂ monitors. Shape, encryption and sources: README.md. */

export type ZyValue =
  | { kind: 'co2'; ppm: number }
  | { kind: 'temperature'; celsius: number }
  /** 0 from monitors without a humidity sensor. */
  | { kind: 'humidity'; pct: number }
  | { kind: 'internal'; code: number; value: number };

export const reportBytes = 8;
const codes = { co2: 0x50, temperature: 0x42, humidity: 0x41 } as const;
const end = 0x0d;
/** Where byte i of a report goes. */
const places = [2, 4, 0, 7, 1, 6, 5, 3] as const;
/** "Htemp99e" with the half-bytes of each letter exchanged. */
const offsets = [...'Htemp99e'].map((letter) => turned(letter.charCodeAt(0)));

/** The monitor encrypts with what we tell it: nothing is kept secret by that, and nothing is meant to be. */
export const key: Uint8Array = new Uint8Array(reportBytes);
/** The feature report that makes it send. It has no number, which is written as 0. */
export const keyReport: Uint8Array = Uint8Array.of(0, ...key);

/** What an input report says, in clear or encrypted with `withKey`; undefined when it is neither. */
export function decodeReport(report: Uint8Array, withKey: Uint8Array = key): ZyValue | undefined {
  return valueIn(report) ?? (report.length === reportBytes ? valueIn(decrypted(report, withKey)) : undefined);
}

function valueIn(plain: Uint8Array): ZyValue | undefined {
  const [code = 0, high = 0, low = 0, checksum, last] = plain;
  if (last !== end || checksum !== ((code + high + low) & 0xff)) return undefined;
  const value = high * 256 + low;
  switch (code) {
    case codes.co2:
      return { kind: 'co2', ppm: value };
    case codes.temperature:
      return { kind: 'temperature', celsius: value / 16 - 273.15 };
    case codes.humidity:
      return { kind: 'humidity', pct: value / 100 };
    default:
      return { kind: 'internal', code, value };
  }
}

/** hackaday.io project 5301, log 16905. */
export function decrypted(report: Uint8Array, withKey: Uint8Array): Uint8Array {
  const mixed = new Uint8Array(reportBytes);
  for (const [from, to] of places.entries()) mixed[to] = report[from]! ^ withKey[to]!;
  return mixed.map((byte, at) => ((byte >> 3) | (mixed[(at + 7) % reportBytes]! << 5)) - offsets[at]!);
}

function turned(byte: number): number {
  return ((byte >> 4) | (byte << 4)) & 0xff;
}
