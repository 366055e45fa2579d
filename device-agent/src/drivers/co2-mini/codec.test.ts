import { duplexPair } from 'node:stream';
import { fakeClock } from '@tramhoc/base/fake-clock';
import { seededRandom } from '@tramhoc/base/random';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeReport, decrypted, key, keyReport, type ZyValue } from './codec.ts';
import { co2MiniSimulator } from './simulator.ts';

const report = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'));

test.each<[string, ZyValue | undefined]>([
  ['500457ab0d', { kind: 'co2', ppm: 1_111 }],
  ['410000410d', { kind: 'humidity', pct: 0 }],
  ['421269bd0d', { kind: 'temperature', celsius: expect.closeTo(21.4125, 6) as unknown as number }],
  ['421269bd00', undefined],
  ['421269000d', undefined],
])('the plain report %s of github lnicola/co2mon (zg-co2/src/lib.rs, tests) is what its author says', (hex, value) => {
  expect(decodeReport(report(hex))).toEqual(value);
  expect(decodeReport(report(`${hex}000000`))).toEqual(value);
});

/** Read from /dev/hidraw0 by Henryk Plötz, hackaday.io project 5301, log 16615; the key was the Windows program's. How it was found: README.md, Frame. */
const session = ['be9b2869d0a534ba', 'cb9b90684ca534aa', '5f9b8e68dea534c2', 'f39bb0685ca53482', 'f29bb8695ca5348a'];

/** The key of that session out of its five reports: constant bytes give half of it, checksums all but 16 of the other half. */
function sessionKeys(): Uint8Array[] {
  const probe = (guess: Uint8Array) => session.map((hex) => decrypted(report(hex), guess));
  const turnedLeft = (mask: readonly number[]) => Uint8Array.from(mask, (byte, at) => (byte << 3) | (mask[(at + 1) % 8]! >> 5));
  const open = probe(new Uint8Array(8));
  const offsets = [...'Htemp99e'].map((letter) => ((letter.charCodeAt(0) << 4) | (letter.charCodeAt(0) >> 4)) & 0xff);
  const raw = open.map((bytes) => [...bytes].map((byte, at) => (byte + offsets[at]!) & 0xff));
  const tail = [0x0d, 0, 0, 0].map((byte, at) => raw[0]![at + 4]! ^ ((byte + offsets[at + 4]!) & 0xff));
  const plain = (bytes: readonly number[], mask: number, at: number) => ((bytes[at]! ^ mask) - offsets[at]!) & 0xff;
  const known = new Set([0x6d, 0x6e, 0x71, 0x50, 0x57, 0x56, 0x41, 0x43, 0x42, 0x4f, 0x52]);
  const keys: Uint8Array[] = [];
  for (let first = 0; first < 256; first += 1) {
    if (!raw.every((bytes) => known.has(plain(bytes, first, 0)))) continue;
    for (let pair = 0; pair < 0x1_0000; pair += 1) {
      const needed = raw.map((bytes) => {
        const sum = plain(bytes, first, 0) + plain(bytes, pair >> 8, 1) + plain(bytes, pair & 0xff, 2);
        return ((sum + offsets[3]!) & 0xff) ^ bytes[3]!;
      });
      if (needed.every((mask) => mask === needed[0])) keys.push(turnedLeft([first, pair >> 8, pair & 0xff, needed[0]!, ...tail]));
    }
  }
  return keys;
}

test('five reports that a real monitor encrypted have a common key, under which they are a room, and under ours they are nothing', () => {
  expect(session.map((hex) => decodeReport(report(hex), key))).toEqual(session.map(() => undefined));
  const keys = sessionKeys();
  expect(keys.length).toBe(16);
  for (const found of keys) for (const hex of session) expect(decodeReport(report(hex), found)).toBeDefined();
  const rooms = keys
    .map((found) => session.map((hex) => decodeReport(report(hex), found)))
    .filter((values) =>
      values.every(
        (value) =>
          (value?.kind !== 'co2' || (value.ppm >= 400 && value.ppm <= 2_000)) &&
          (value?.kind !== 'temperature' || (value.celsius >= 15 && value.celsius <= 30)),
      ),
    );
  expect(rooms.map((values) => values.filter((value) => value?.kind !== 'internal'))).toEqual([
    [
      { kind: 'temperature', celsius: expect.closeTo(20.7, 1) },
      { kind: 'co2', ppm: 487 },
    ],
  ]);
});

test('the recorded report is 1,111 ppm under the key that we give', () => {
  expect(decodeReport(report('6ca4a2b65d9a9c08'))).toEqual({ kind: 'co2', ppm: 1_111 });
  expect([...keyReport]).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0]);
});

test('a report of another length is none', () => {
  for (const hex of ['', '50', '500457ab', '6ca4a2b65d9a9c', '6ca4a2b65d9a9c0800']) expect(decodeReport(report(hex))).toBe(undefined);
});

/** What the simulated monitor sends under `withKey`: the encryption the other way round. */
async function sent(withKey: Uint8Array, air: { co2: number; temperatureC: number }, encrypted: boolean): Promise<Uint8Array[]> {
  const clock = fakeClock();
  const [hostEnd, deviceEnd] = duplexPair({ objectMode: true });
  const reports: Uint8Array[] = [];
  hostEnd.on('data', (bytes: Uint8Array) => reports.push(bytes));
  const monitor = co2MiniSimulator.attach(deviceEnd, { clock, random: seededRandom(1) }, { encrypted });
  monitor.setAir(air);
  hostEnd.write({ feature: Uint8Array.of(0, ...withKey) });
  await clock.advance(600 * 4 + 1);
  monitor.close();
  return reports;
}

test('law: whatever the key, what was encrypted is read with it', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ minLength: 8, maxLength: 8 }),
      fc.integer({ min: 0, max: 5_000 }),
      fc.integer({ min: -10, max: 50 }),
      fc.boolean(),
      async (withKey, co2, temperatureC, encrypted) => {
        const values = (await sent(withKey, { co2, temperatureC }, encrypted)).map((bytes) => decodeReport(bytes, withKey));
        expect(values).toEqual([
          { kind: 'internal', code: 0x6d, value: 0x0364 },
          { kind: 'temperature', celsius: expect.closeTo(temperatureC, 1) },
          { kind: 'co2', ppm: co2 },
          { kind: 'humidity', pct: 0 },
        ]);
      },
    ),
    { numRuns: 40 },
  );
});

test('law: one damaged byte in the part that says something makes a plain report unreadable, never another value of the same kind', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 0xffff }),
      fc.integer({ min: 0, max: 4 }),
      fc.integer({ min: 1, max: 255 }),
      (value, at, flip) => {
        const bytes = Uint8Array.of(0x50, value >> 8, value & 0xff, 0, 0x0d, 0, 0, 0);
        bytes[3] = (bytes[0]! + bytes[1]! + bytes[2]!) & 0xff;
        bytes[at]! ^= flip;
        const read = decodeReport(bytes);
        if (read?.kind === 'co2') expect(read.ppm).toBe(value);
      },
    ),
  );
});
