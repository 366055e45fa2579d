/** An independent client, npm node-zklib 1.3.0, reads our simulated terminal as it would a real one. Skipped where it is not installed. */
import { createRequire } from 'node:module';
import { systemClock } from '@tramhoc/base/clock';
import { systemRandom } from '@tramhoc/base/random';
import { expect, onTestFinished, test } from 'vitest';
import { simulate } from '../../simulate.ts';
import { zkteco4370Simulator } from './simulator.ts';

type ZkLib = {
  createSocket(): Promise<void>;
  getInfo(): Promise<{ userCounts: number; logCounts: number }>;
  getUsers(): Promise<{ data: { uid: number; userId: string }[] }>;
  getAttendances(): Promise<{ data: { deviceUserId: string; recordTime: Date }[] }>;
  disconnect(): Promise<unknown>;
};
const name = 'node-zklib';
const library = ((): (new (ip: string, port: number, timeoutMs: number, inPort: number) => ZkLib) | undefined => {
  try {
    return createRequire(import.meta.url)(name) as never;
  } catch {
    return undefined;
  }
})();

test.skipIf(library === undefined).each([5, 300])('node-zklib reads the users and %i punches of the simulated terminal', async (count) => {
  const { device, port, close } = await simulate(
    zkteco4370Simulator,
    { listen: 'tcp://127.0.0.1:0' },
    { clock: systemClock(), random: systemRandom() },
  );
  onTestFinished(close);
  for (let n = 0; n < count; n += 1) device.punch(String(1_000 + (n % 7)));
  const client = new library!('127.0.0.1', Number(port.split(':').at(-1)), 5_000, 4_000);
  await client.createSocket();
  onTestFinished(async () => void (await client.disconnect()));
  expect(await client.getInfo()).toMatchObject({ userCounts: Math.min(count, 7), logCounts: count });
  expect((await client.getUsers()).data.map(({ userId }) => userId)).toEqual(
    Array.from({ length: Math.min(count, 7) }, (_, at) => String(1_000 + at)),
  );
  const { data } = await client.getAttendances();
  expect(data.map(({ deviceUserId }) => deviceUserId)).toEqual(Array.from({ length: count }, (_, n) => String(1_000 + (n % 7))));
  expect(data[0]!.recordTime.getFullYear()).toBeGreaterThan(2020);
});
