/** A display driver and its simulated device in one room, in fake time; and the laws that every codec of displays keeps. */
import { duplexPair } from 'node:stream';
import { fakeClock } from '@tramhoc/base/fake-clock';
import { createLog } from '@tramhoc/base/log';
import { seededRandom } from '@tramhoc/base/random';
import type { DisplayState } from '@tramhoc/protocol/asset';
import type { TramError } from '@tramhoc/protocol/errors';
import fc from 'fast-check';
import { expect } from 'vitest';
import type { AnyDriverDefinition } from '../drivers/driver.ts';
import { joined } from '../drivers/read-link.ts';
import type { Simulator, SimulatorDefinition } from '../drivers/simulator.ts';

/** `sent`: what the driver wrote, one entry a command, as latin1 text. */
export function displayRoom<Device extends Simulator, Options>(
  { definition, simulator }: { definition: AnyDriverDefinition; simulator: SimulatorDefinition<Device, Options> },
  { config = {}, options = {} }: { config?: Record<string, unknown>; options?: Record<string, unknown> } = {},
) {
  const clock = fakeClock();
  const random = seededRandom(7);
  const [driverEnd, deviceEnd] = duplexPair();
  const shown: DisplayState[] = [];
  const failures: TramError[] = [];
  const logged: string[] = [];
  const sent: string[] = [];
  deviceEnd.on('data', (bytes: Buffer) => sent.push(bytes.toString('latin1')));
  const device = simulator.attach(deviceEnd, { clock, random }, options);
  const parse = (changes: Record<string, unknown> = {}) =>
    definition.configSchema.parse({ port: 'tcp://127.0.0.1', ...config, ...changes });
  const opening = definition.open(driverEnd, parse(), {
    clock,
    random,
    log: createLog({ part: 'test', level: 'debug', write: (line) => logged.push(line) }),
    emit: (reading) => reading.kind === 'display' && shown.push(reading.state) > 0,
    fail: (error) => failures.push(error),
  });
  return { clock, device, opening, shown, failures, logged, sent, parse };
}

type Decode<Frame> = (input: Uint8Array) => { frames: Frame[]; rest: Uint8Array; skippedBytes: number };

/**
 * Any cutting of the bytes gives the same frames, every byte is accounted for (`bytesOf` is what a frame takes on the wire), and what is kept back
 * is shorter than `maxFrameBytes`. `frame` makes a frame as it is on the wire.
 */
export function expectCuttingLaw<Frame>(
  decode: Decode<Frame>,
  { frame, maxFrameBytes }: { frame: fc.Arbitrary<Uint8Array>; maxFrameBytes: number },
): void {
  const noise = fc.uint8Array({ maxLength: 60 });
  fc.assert(
    fc.property(fc.array(fc.tuple(noise, frame), { maxLength: 5 }), noise, fc.array(fc.nat()), (parts, tail, cuts) => {
      const bytes = Buffer.concat([...parts.flat(), tail]);
      const whole = decode(bytes);
      const edges = [...new Set([0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])].sort((a, b) => a - b);
      const frames: Frame[] = [];
      let rest: Uint8Array = new Uint8Array();
      let skippedBytes = 0;
      for (let piece = 1; piece < edges.length; piece += 1) {
        const decoded = decode(joined(rest, bytes.subarray(edges[piece - 1], edges[piece])));
        frames.push(...decoded.frames);
        skippedBytes += decoded.skippedBytes;
        rest = decoded.rest;
        expect(rest.length).toBeLessThan(maxFrameBytes);
      }
      expect({ frames, rest: [...rest], skippedBytes }).toEqual({ ...whole, rest: [...whole.rest] });
    }),
  );
}

/** Frames between which there is nothing else are all read, and one changed byte costs at most `lost` of them. */
export function expectDamageLaw<Frame>(decode: Decode<Frame>, { frame, lost }: { frame: fc.Arbitrary<Uint8Array>; lost: number }): void {
  fc.assert(
    fc.property(fc.array(frame, { minLength: 2, maxLength: 6 }), fc.nat(), fc.integer({ min: 1, max: 255 }), (frames, where, flip) => {
      const bytes = Uint8Array.from(Buffer.concat(frames));
      const sound = decode(bytes);
      expect([sound.frames.length, sound.rest.length, sound.skippedBytes]).toEqual([frames.length, 0, 0]);
      bytes[where % bytes.length]! ^= flip;
      const { frames: read } = decode(bytes);
      const kept = read.filter((one) => sound.frames.some((other) => JSON.stringify(other) === JSON.stringify(one)));
      expect(kept.length).toBeGreaterThanOrEqual(frames.length - lost);
    }),
  );
}

/** A long stream of `noise` costs time by its length alone and leaves next to nothing behind. */
export function expectNoiseLaw<Frame>(decode: Decode<Frame>, { noise, maxFrameBytes }: { noise: Uint8Array; maxFrameBytes: number }): void {
  const flood = Uint8Array.from({ length: 200_000 }, (_one, at) => noise[at % noise.length]!);
  const { rest, skippedBytes } = decode(flood);
  expect(rest.length).toBeLessThan(maxFrameBytes);
  expect(skippedBytes + rest.length).toBe(flood.length);
}
