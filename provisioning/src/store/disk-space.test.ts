import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { siteA, type TestCentre, testCentre } from '../testing/test-centre.ts';
import { made } from '../testing/test-events.ts';

const MiB = 1024 * 1024;
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});
async function hallWith(options: Parameters<typeof testCentre>[0]): Promise<TestCentre> {
  const hall = await testCentre(options);
  ends.push(() => hall.stop());
  return hall;
}

const eventsType = { 'content-type': 'application/cloudevents-batch+json' };
/** Sends batches until the centre refuses; what it took, and how it refused. */
async function sendUntilRefused(hall: TestCentre, limit: number, whenReady: () => void = () => undefined) {
  const broker = await hall.broker();
  const { deviceId } = await hall.agent();
  whenReady();
  const text = 'ý kiến '.repeat(60);
  const send = async (from: number, count: number) => {
    const events = Array.from({ length: count }, (_, at) =>
      made({
        ...{ siteId: siteA, deviceId, seq: from + at, type: 'vn.tramhoc.kiosk.feedback.v1' },
        data: { trackingCode: `PA-${String(from + at).padStart(6, '0')}`, category: 'other', text, language: 'vi' },
      }),
    );
    return await broker.client.request({ method: 'POST', path: '/v1/events', headers: eventsType, body: JSON.stringify(events) });
  };
  let taken = 0;
  for (; taken < limit; taken += 200) {
    const { status, body, headers } = await send(taken + 1, 200);
    if (status !== 200)
      return { broker, deviceId, send, taken, refused: { status, retryAfter: headers['retry-after'], ...JSON.parse(String(body)) } };
  }
  throw new Error('it was never refused');
}
const stored = async (hall: TestCentre): Promise<string> => (await hall.http('GET', '/metrics')).text;
const health = async (hall: TestCentre): Promise<unknown> => (await hall.http('GET', '/api/health')).json;

test('a database at its cap takes no facts and says so, and people can go on working', async () => {
  const hall = await hallWith({ maxStoreBytes: 6 * MiB });
  const { taken, refused, deviceId } = await sendUntilRefused(hall, 40_000);
  expect(taken).toBeGreaterThan(1_000);
  expect(refused).toMatchObject({
    status: 507,
    code: 'STORE_FULL',
    retryAfter: '30',
    detail: expect.stringContaining('raise maxStoreBytes'),
  });
  expect(await health(hall)).toMatchObject({ ok: true, store: 'STORE_FULL' });
  expect(Number(/^tramhoc_centre_store_bytes (?<bytes>\d+)$/m.exec(await stored(hall))!.groups!['bytes'])).toBeGreaterThan(4 * MiB);
  expect(await hall.ask({ method: 'POST', path: `/api/devices/${deviceId}/revoke`, body: { reason: 'mất máy' } })).toMatchObject({
    state: 'revoked',
  });
});

const mount = (path: string): boolean =>
  spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${64 * MiB}`, 'tramhoc-test', path], { stdio: 'ignore' }).status === 0;
const unmount = (path: string): void => void spawnSync('umount', ['-l', path]);
const mayMount = ((): boolean => {
  const probe = mkdtempSync(join(tmpdir(), 'tramhoc-mount-'));
  const may = mount(probe);
  if (may) unmount(probe);
  rmSync(probe, { recursive: true, force: true });
  return may;
})();

/** Somebody else takes every free byte. */
function fill(path: string): void {
  const file = openSync(path, 'a');
  for (let bytes = MiB; bytes >= 1; ) {
    try {
      writeSync(file, Buffer.alloc(bytes));
    } catch {
      bytes = Math.floor(bytes / 16);
    }
  }
  closeSync(file);
}

test.skipIf(!mayMount)(
  'on a full disk no facts are taken, people can go on working, and it goes on by itself when there is room (needs root: a tmpfs of its own)',
  async () => {
    const disk = mkdtempSync(join(tmpdir(), 'tramhoc-full-'));
    ends.push(() => rmSync(disk, { recursive: true, force: true }));
    mount(disk);
    ends.push(() => unmount(disk));
    const hall = await hallWith({ parent: disk });
    await hall.clock.advance(5_000);
    await expect.poll(async () => /^tramhoc_centre_disk_reserve_held 1$/m.test(await stored(hall))).toBe(true);
    const { taken, refused, deviceId, send } = await sendUntilRefused(hall, 40_000, () => fill(join(disk, 'log of somebody else')));
    expect(refused).toMatchObject({ status: 507, code: 'DISK_FULL' });
    // the first one met the wall; from then on it is said before anything is tried
    const again = await send(taken + 1, 200);
    expect({ status: again.status, retryAfter: again.headers['retry-after'] }).toEqual({ status: 507, retryAfter: '30' });
    expect(await health(hall)).toMatchObject({ store: 'DISK_FULL' });
    expect(await hall.ask({ method: 'POST', path: `/api/devices/${deviceId}/revoke`, body: { reason: 'mất máy' } })).toMatchObject({
      state: 'revoked',
    });
    rmSync(join(disk, 'log of somebody else'));
    await hall.clock.advance(60_000);
    await expect.poll(() => health(hall)).toMatchObject({ store: 'ok' });
    expect((await send(taken + 1, 200)).status).toBe(200);
  },
  60_000,
);
