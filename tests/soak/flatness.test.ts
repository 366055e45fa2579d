import { expect, test } from 'vitest';
import { growthPerHour, isFlat, type Sample } from './flatness.ts';

const run = (at: (minute: number) => Omit<Sample, 'seconds'>): Sample[] =>
  Array.from({ length: 180 }, (_, count) => ({ seconds: count * 10, ...at(count / 6) }));
/** A heap that breathes. */
const breath = (minute: number): number => 8e6 * Math.sin(minute * 7);

test('a program that warms up and then breathes is flat', () => {
  const samples = run((minute) => ({
    rssBytes: 200e6 + 80e6 * Math.min(1, minute / 8) + breath(minute),
    descriptors: 40 + (Math.round(minute) % 3),
  }));
  expect(isFlat(samples)).toBe(true);
});

test('a leak of ten bytes an event is seen', () => {
  const samples = run((minute) => ({ rssBytes: 200e6 + minute * 60 * 5_000 * 10 + breath(minute), descriptors: 40 }));
  expect(growthPerHour(samples).rssBytesPerHour / 1e6).toBeCloseTo(180, -1);
  expect(isFlat(samples)).toBe(false);
});

test('a descriptor that is left open every other minute is seen', () => {
  expect(isFlat(run((minute) => ({ rssBytes: 200e6, descriptors: 40 + Math.floor(minute / 2) })))).toBe(false);
});
