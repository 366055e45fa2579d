/** What a site's broker sees of the centre, over real TLS with the client that the broker uses. */
import { readdirSync, readFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { cardHash } from '@tramhoc/base/digest';
import { heldMarkHeader, nextMarkHeader, noMark } from '@tramhoc/protocol/upstream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Device, Site } from '../api/contract.ts';
import { siteA, siteB, type TestCentre, testCentre } from '../testing/test-centre.ts';
import { made } from '../testing/test-events.ts';

let hall: TestCentre;
beforeEach(async () => {
  hall = await testCentre();
});
afterEach(() => hall.stop());

const eventsType = { 'content-type': 'application/cloudevents-batch+json' };

test('a broker enrols with its claim, learns about its site and delivers events, which the API then has once', async () => {
  const broker = await hall.broker();
  expect((await hall.devices('GET', '/v1/site', { client: broker.client })).json).toMatchObject({
    siteId: siteA,
    brokerDeviceId: broker.deviceId,
    brokerPort: 8883,
  });
  const { deviceId } = await hall.agent();
  const batch = [1, 2, 3].map((seq) => made({ siteId: siteA, deviceId, seq }));
  expect(await hall.send(broker, batch)).toMatchObject({ accepted: 3, repeated: 0 });
  expect(await hall.send(broker, batch)).toMatchObject({ accepted: 0, repeated: 3 });
  const { events } = (await hall.ask({ method: 'GET', path: `/api/events?device=${deviceId}` })) as { events: { seq: number }[] };
  expect(events.map((event) => event.seq)).toEqual([3, 2, 1]);
  const { sites } = (await hall.ask({ method: 'GET', path: '/api/sites' })) as { sites: Site[] };
  expect(sites[0]).toMatchObject({ siteId: siteA, online: true, deviceCount: 1 });
});

test('events survive a restart of the centre, and so does what the site knows of itself', async () => {
  const broker = await hall.broker();
  const { deviceId } = await hall.agent();
  await hall.send(broker, [made({ siteId: siteA, deviceId, seq: 1 })]);
  await hall.restart();
  const { events } = (await hall.ask({ method: 'GET', path: '/api/events' })) as { events: unknown[] };
  expect(events).toHaveLength(1);
  const { sites } = (await hall.ask({ method: 'GET', path: '/api/sites' })) as { sites: Site[] };
  expect(sites[0]!.lastSeenMs).not.toBeNull();
});

test('no certificate, a device certificate, and the broker of another site get nothing', async () => {
  expect(await hall.devices('GET', '/v1/desired')).toMatchObject({ status: 401, json: { code: 'NOT_SIGNED_IN' } });
  await hall.site(siteA);
  const agent = await hall.agent();
  expect(await hall.devices('GET', '/v1/desired', { client: agent.client })).toMatchObject({ status: 403, json: { code: 'NOT_ALLOWED' } });
  const other = await hall.broker(siteB);
  expect(await hall.send(other, [made({ siteId: siteA, deviceId: agent.deviceId, seq: 1 })])).toMatchObject({
    accepted: 0,
    quarantined: 1,
  });
});

test('malformed, oversized and over-compressed batches are refused in words, and the next good one is taken', async () => {
  const broker = await hall.broker();
  const post = (body: Uint8Array | string, headers: Record<string, string> = eventsType) =>
    broker.client.request({ method: 'POST', path: '/v1/events', headers, body });
  const refused = async (answer: Awaited<ReturnType<typeof post>>) => `${answer.status} ${JSON.parse(answer.body.toString('utf8')).code}`;
  expect(await refused(await post('{"not":"an array"}'))).toBe('400 PAYLOAD_MALFORMED');
  expect(await refused(await post('[1,'))).toBe('400 PAYLOAD_MALFORMED');
  expect(await refused(await post(Buffer.from([0xff, 0xfe, 0xfd])))).toBe('400 PAYLOAD_MALFORMED');
  expect(await refused(await post('x', { ...eventsType, 'content-encoding': 'zstd' }))).toBe('400 PAYLOAD_MALFORMED');
  expect(await refused(await post('[]', { ...eventsType, 'content-encoding': 'br' }))).toBe('400 PAYLOAD_MALFORMED');
  expect(await refused(await post(JSON.stringify(Array(501).fill(1))))).toBe('413 PAYLOAD_TOO_LARGE');
  // 64 MiB of spaces in a few KiB
  const bomb = zstdCompressSync(Buffer.alloc(64 * 1024 * 1024, ' '));
  expect(bomb.length).toBeLessThan(100_000);
  expect(await refused(await post(bomb, { ...eventsType, 'content-encoding': 'zstd' }))).toBe('413 PAYLOAD_TOO_LARGE');
  expect(await refused(await post('[]', { 'content-type': 'application/x-www-form-urlencoded' }))).toBe('415 PAYLOAD_MALFORMED');
  const { deviceId } = await hall.agent();
  expect(await hall.send(broker, [made({ siteId: siteA, deviceId, seq: 1 })])).toMatchObject({ accepted: 1 });
});

test('a site whose batches never end has two of them in hand, and keeps nobody else out', async () => {
  const [slow, other] = [await hall.broker(siteA), await hall.broker(siteB)];
  const { keyPem: key, chainPem: cert } = slow.identity;
  const { port } = new URL(hall.centre.devicesUrl);
  const began = Array.from({ length: 40 }, () =>
    request({
      ...{ host: '127.0.0.1', port, servername: 'localhost', method: 'POST', path: '/v1/events', agent: false },
      ...{ key, cert, ca: readFileSync(hall.centre.rootCaFile), headers: { ...eventsType, 'content-length': '1000' } },
    }),
  );
  try {
    const refused: unknown[] = [];
    await new Promise<void>((resolve, reject) => {
      for (const one of began) {
        one.on('response', (answer) => {
          answer.resume();
          if (refused.push(answer.statusCode) === began.length - 2) resolve();
        });
        one.on('error', reject);
        one.write('[');
      }
    });
    expect(new Set(refused)).toEqual(new Set([429]));
    expect(await hall.send(other, [made({ siteId: siteB, deviceId: other.deviceId, seq: 1 })])).toMatchObject({ accepted: 1 });
    await expect(hall.send(slow, [])).rejects.toThrow('RATE_LIMITED');
  } finally {
    for (const one of began) one.on('error', () => undefined).destroy();
  }
  // those that broke off are forgotten
  let answer = await hall.send(slow, []).catch(() => undefined);
  while (answer === undefined) answer = await hall.send(slow, []).catch(() => undefined);
  expect(answer).toMatchObject({ accepted: 0 });
});

test('a poll waits until something changes, then brings the document at once', async () => {
  const broker = await hall.broker();
  const { deviceId } = await hall.agent();
  const waiting = hall.desired(broker, 0);
  await untilWaiting(1);
  const desired = { drivers: { gate: { kind: 'rdm6300', config: { port: '/dev/ttyUSB0' } } } };
  await hall.ask({ method: 'PUT', path: `/api/devices/${deviceId}/desired`, body: { ifVersion: 0, desired } });
  const changes = await waiting;
  expect(changes).toMatchObject({
    siteId: siteA,
    cursor: 1,
    revocations: [],
    documents: [{ device: deviceId, document: { version: 1, desired } }],
  });
  // a broker that lost its disk asks from 0 and is told at once
  expect((await hall.desired(broker, 0)).documents).toHaveLength(1);
  // one whose cursor is ahead knew a centre that was restored since
  expect((await hall.desired(broker, 99)).documents).toHaveLength(1);
});

test('a poll without news ends after 25 seconds with the cursor it came with', async () => {
  const broker = await hall.broker();
  const waiting = hall.desired(broker, 0);
  await untilWaiting(1);
  await hall.clock.advance(25_000);
  expect(await waiting).toMatchObject({ cursor: 0, documents: [], revocations: [] });
});

test('another site is not woken by a change that is not its own', async () => {
  const broker = await hall.broker(siteA);
  await hall.broker(siteB);
  const elsewhere = await hall.agent(siteB);
  const waiting = hall.desired(broker, 0);
  await untilWaiting(1);
  await hall.ask({ method: 'PUT', path: `/api/devices/${elsewhere.deviceId}/desired`, body: { ifVersion: 0, desired: { drivers: {} } } });
  expect(await polls()).toBe(1);
  await hall.clock.advance(25_000);
  expect((await waiting).documents).toEqual([]);
});

test('a revocation wakes the poll, and the device is shown as revoked', async () => {
  const broker = await hall.broker();
  const { deviceId } = await hall.agent();
  const waiting = hall.desired(broker, 0);
  await untilWaiting(1);
  const device = (await hall.ask({ method: 'POST', path: `/api/devices/${deviceId}/revoke`, body: { reason: 'stolen' } })) as Device;
  expect(device).toMatchObject({ state: 'revoked', revokedReason: 'stolen' });
  expect((await waiting).revocations).toEqual([{ device: deviceId, revokedAtMs: device.revokedMs, reason: 'stolen' }]);
});

test('a revoked broker is out, also with the poll that it had open', async () => {
  const broker = await hall.broker();
  const waiting = hall.desired(broker, 0).catch((error: Error) => error.message);
  await untilWaiting(1);
  await hall.ask({ method: 'POST', path: `/api/devices/${broker.deviceId}/revoke`, body: { reason: 'machine stolen' } });
  expect(await waiting).toContain('SITE_REVOKED');
  expect(await hall.devices('GET', '/v1/site', { client: broker.client })).toMatchObject({ status: 403, json: { code: 'SITE_REVOKED' } });
});

test('a new claim for a replaced machine ends the certificate of the old one', async () => {
  const old = await hall.broker();
  const { claimUser, claimToken } = (await hall.ask({ method: 'POST', path: `/api/sites/${siteA}/claim` })) as {
    claimUser: string;
    claimToken: string;
  };
  const { enrol, newKey, centreClient } = await import('@tramhoc/base/identity');
  const where = { url: hall.centre.devicesUrl, caFile: hall.centre.rootCaFile };
  const bare = centreClient(where);
  const identity = await enrol(bare, { keyPem: newKey().keyPem, subject: claimUser, basic: { user: claimUser, password: claimToken } });
  const fresh = centreClient(where, identity);
  expect(await hall.devices('GET', '/v1/site', { client: fresh })).toMatchObject({ status: 200 });
  expect(await hall.devices('GET', '/v1/site', { client: old.client })).toMatchObject({ status: 403, json: { code: 'CERT_NOT_OURS' } });
  await bare.close();
  await fresh.close();
});

test('the card list comes down with its version, as hashes under the key that the devices of the site were given', async () => {
  const broker = await hall.broker();
  const { grant } = await hall.agent();
  const csv = Buffer.from('so_the;ma;ho_ten;lop\n14008EC793;HS001;Nguyễn Thị Minh Anh;10A1\n');
  expect(await hall.ask({ method: 'POST', path: `/api/sites/${siteA}/cards`, csv })).toEqual({
    imported: 1,
    version: 1,
    faultCount: 0,
    faults: [],
  });
  const { roster } = await hall.desired(broker, 0);
  expect(roster).toEqual({
    version: 1,
    holders: [
      {
        cardHash: cardHash({ cardKey: grant.cardKey, number: '14008EC793' }),
        personId: 'HS001',
        name: 'Nguyễn Thị Minh Anh',
        group: '10A1',
      },
    ],
  });
  // the number itself is nowhere in the centre's files
  for (const name of readdirSync(hall.dataDir).filter((file) => file.startsWith('centre.sqlite')))
    expect(readFileSync(join(hall.dataDir, name)).includes('14008EC793')).toBe(false);
  const { cursor } = await hall.desired(broker, 0);
  const waiting = hall.desired(broker, cursor);
  await untilWaiting(1);
  await hall.clock.advance(25_000);
  expect((await waiting).roster).toBeUndefined();
});

async function polls(): Promise<number> {
  const { text } = await hall.http('GET', '/metrics');
  return Number(/^tramhoc_centre_waiting_polls (\d+)$/m.exec(text)?.[1]);
}
async function untilWaiting(count: number): Promise<void> {
  for (let tries = 0; tries < 500 && (await polls()) !== count; tries += 1) await new Promise((resolve) => setImmediate(resolve));
  expect(await polls()).toBe(count);
}

test('a batch is taken only by a centre that holds what the site believes, so that a centre put back from a copy says what it lacks', async () => {
  const broker = await hall.broker();
  const { deviceId } = await hall.agent();
  const send = async (seqs: readonly number[], held: string, next: string) => {
    const body = JSON.stringify(seqs.map((seq) => made({ siteId: siteA, deviceId, seq })));
    const headers = { ...eventsType, [heldMarkHeader]: held, [nextMarkHeader]: next };
    const { status, body: answer } = await broker.client.request({ method: 'POST', path: '/v1/events', headers, body });
    return { status, ...(JSON.parse(answer.toString('utf8')) as object) };
  };
  expect(await send([1, 2], noMark, 'a.2')).toMatchObject({ status: 200, accepted: 2, heldMark: 'a.2' });
  // an answer was lost, or the site knows of batches that are not here
  expect(await send([1, 2], noMark, 'a.2')).toMatchObject({ status: 409, code: 'CONFLICT', heldMark: 'a.2' });
  expect(await send([7], 'a.6', 'a.7')).toMatchObject({ status: 409, code: 'CONFLICT', heldMark: 'a.2' });
  // an empty batch asks
  expect(await send([], 'a.6', 'a.6')).toMatchObject({ status: 409, heldMark: 'a.2' });
  expect(await send([], 'a.2', 'a.2')).toMatchObject({ status: 200, accepted: 0, heldMark: 'a.2' });
  expect(await send([3], 'a.2', 'a.3')).toMatchObject({ status: 200, accepted: 1 });
  expect(await send([3], 'a.3', 'a/4')).toMatchObject({ status: 400, code: 'PAYLOAD_MALFORMED' });
  const { events } = (await hall.ask({ method: 'GET', path: `/api/events?device=${deviceId}` })) as { events: { seq: number }[] };
  expect(events.map(({ seq }) => seq)).toEqual([3, 2, 1]);
});
