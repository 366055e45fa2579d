import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hearPpm, justOpened } from './preheat-machine.ts';

const warmUpMs = 180_000;
const everyMs = 5_000;
const answer = fc.record({
  ppm: fc.oneof(fc.integer({ min: 1, max: 5_000 }), fc.constantFrom(400, 410, 500, 505, 5_000)),
  missed: fc.boolean(),
});

test('law: nothing is held back longer than the warm-up after the last missed turn or the jump, nor without either', () => {
  fc.assert(
    fc.property(fc.array(answer, { maxLength: 100 }), (answers) => {
      let memory = justOpened;
      let signMs = 0;
      for (const [turn, { ppm, missed }] of answers.entries()) {
        const nowMs = turn * everyMs;
        const before = missed ? { ...memory, missed } : memory;
        const jumped = memory.held === undefined && memory.believedPpm !== undefined && Math.abs(ppm - memory.believedPpm) > 50;
        if (before.missed || jumped) signMs = nowMs;
        memory = hearPpm(before, { ppm, nowMs }, warmUpMs);
        if (memory.held !== undefined) expect(nowMs - signMs).toBeLessThan(warmUpMs);
        else expect(memory.believedPpm).toBe(ppm);
      }
    }),
  );
});

test('law: after the warm-up a sensor that misses no turn is believed whatever it says, unless it is a made-up value', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 5_000 }), { maxLength: 50 }), (values) => {
      const measuring = { believedPpm: 700, missed: false, held: undefined };
      for (const ppm of values.filter((value) => ![400, 410, 500, 505, 5_000].includes(value)))
        expect(hearPpm(measuring, { ppm, nowMs: 0 }, warmUpMs)).toEqual({ ...measuring, believedPpm: ppm });
    }),
  );
});
