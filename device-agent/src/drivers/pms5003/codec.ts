/** Frames of Plantower PMSx003 sensors. Shape and sources: README.md. */
import { type Found, type Scanned, scanFrames } from '../frame-scan.ts';

/** Big-endian words between length and checksum: 13 (PMS5003 and 5003T), 9 (PMS3003), 17 (PMS5003ST), 1 (answer to a command). */
export type PmsFrame = { words: readonly number[] };
export type PmsModel = 'pms5003' | 'pms5003t' | 'pms3003';
/** Mass concentrations under atmospheric conditions in µg/m³; temperature and humidity only from a PMS5003T. */
export type Air = { pm1: number; pm25: number; pm10: number; temperatureC?: number; humidityPct?: number };

export const maxFrameBytes = 40;
const headerBytes = 4;
const checksumBytes = 2;
/** Value of the length field: bytes that follow it, checksum included. */
const knownLengths: ReadonlySet<number> = new Set([0x1c, 0x14, 0x24, 0x04]);
/** High byte of data 13 in the captures of plain sensors and of the T model. */
const versions = { plain: 0x97, withTemperature: 0x9a } as const;

/** Takes every whole frame out of `input`; `rest` is shorter than the longest frame (40 bytes). */
export function decode(input: Uint8Array): Scanned<PmsFrame> {
  return scanFrames(input, frameAt);
}

function frameAt(input: Uint8Array, at: number): Found<PmsFrame> {
  const left = input.length - at;
  if (input[at] !== 0x42 || (left > 1 && input[at + 1] !== 0x4d) || (left > 2 && input[at + 2] !== 0)) return undefined;
  if (left < headerBytes) return 'more';
  const length = input[at + 3]!;
  if (!knownLengths.has(length)) return undefined;
  const total = headerBytes + length;
  if (left < total) return 'more';
  const words: number[] = [];
  for (let word = at + headerBytes; word < at + total; word += 2) words.push(input[word]! * 256 + input[word + 1]!);
  const checksum = words.pop();
  return checksum === sumOf(input.subarray(at, at + total - checksumBytes)) ? { frame: { words }, bytes: total } : undefined;
}

/** The frame of a sensor with these words. */
export function encode(words: readonly number[]): Uint8Array {
  const bytes = [0x42, 0x4d, 0, words.length * 2 + checksumBytes, ...words.flatMap((word) => [word >> 8, word & 0xff])];
  const sum = sumOf(bytes);
  return Uint8Array.of(...bytes, sum >> 8, sum & 0xff);
}

/** Commands to the sensor: leave the sleep mode; send without being asked. Manual, Appendix II. */
export const wakeUp: Uint8Array = command(0xe4, 1);
export const activeMode: Uint8Array = command(0xe1, 1);

function command(code: number, value: number): Uint8Array {
  const bytes = [0x42, 0x4d, code, value >> 8, value & 0xff];
  const sum = sumOf(bytes);
  return Uint8Array.of(...bytes, sum >> 8, sum & 0xff);
}

/** What a frame says about the air; undefined for the answer to a command. */
export function airOf({ words }: PmsFrame, model: PmsModel): Air | undefined {
  const [, , , pm1, pm25, pm10] = words;
  if (pm1 === undefined || pm25 === undefined || pm10 === undefined) return undefined;
  const air: Air = { pm1, pm25, pm10 };
  const [temperature, humidity] = words.slice(10, 12);
  if (model !== 'pms5003t' || temperature === undefined || humidity === undefined) return air;
  // signed: below freezing the word wraps around
  return { ...air, temperatureC: (temperature > 0x7fff ? temperature - 0x1_0000 : temperature) / 10, humidityPct: humidity / 10 };
}

/** What contradicts the chosen model: a frame that is not read at all, or one of a sensor that counts particles where the T model has its temperature. */
export function misfitOf({ words }: PmsFrame, model: PmsModel): 'not read' | 'no temperature' | undefined {
  if (words.length === 17) return 'not read';
  if (model !== 'pms5003t' || words.length === 1) return undefined;
  return words.length === 13 && hasTemperature(words) ? undefined : 'no temperature';
}

/** Where the version does not say it: of larger particles there are never more, but a temperature and a humidity stand there as they like. */
export function hasTemperature(words: readonly number[]): boolean {
  const version = words[12]! >> 8;
  if (version === versions.plain || version === versions.withTemperature) return version === versions.withTemperature;
  const [smallest, , , middle, larger, largest] = words.slice(6, 12) as [number, number, number, number, number, number];
  return smallest === 0 || middle < larger || larger < largest;
}

function sumOf(bytes: Iterable<number>): number {
  let sum = 0;
  for (const byte of bytes) sum += byte;
  return sum & 0xffff;
}
