import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createFairShare } from './fair-share.ts';

test('a device goes on up to its share, the rest waits in order, and others do not wait for it', async () => {
  const share = createFairShare({ bytes: 100 });
  const turns: string[] = [];
  const enter = (name: string, key: string, bytes: number): void => {
    const turn = share.enter(key, bytes);
    if (turn === undefined) turns.push(name);
    else void turn.then(() => turns.push(name));
  };
  enter('mad 1', 'mad', 60);
  enter('mad 2', 'mad', 60);
  enter('mad 3', 'mad', 10);
  enter('sane', 'sane', 60);
  expect(turns).toEqual(['mad 1', 'sane']);
  share.leave('mad', 60);
  await Promise.resolve();
  expect(turns).toEqual(['mad 1', 'sane', 'mad 2', 'mad 3']);
});

test('whatever is asked, everyone has a turn, in order, and no more than the share is under way', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 150 }), { maxLength: 60 }), async (sizes) => {
      const share = createFairShare({ bytes: 100 });
      const underWay: number[] = [];
      const turns: number[] = [];
      for (const [at, bytes] of sizes.entries())
        void Promise.resolve(share.enter('a', bytes)).then(() => {
          turns.push(at);
          underWay.push(bytes);
        });
      const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
      for (await settle(); underWay.length > 0; await settle()) {
        expect(underWay.length === 1 || underWay.reduce((a, b) => a + b) <= 100).toBe(true);
        share.leave('a', underWay.shift()!);
      }
      expect(turns).toEqual([...sizes.keys()]);
    }),
  );
});
