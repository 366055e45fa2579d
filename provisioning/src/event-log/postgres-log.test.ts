/** What only PostgreSQL must stand: several processes at once, a database that goes away, wrong settings. Each writer here has connections of its own, as a process has. */
import { silentLog } from '@tramhoc/base/log';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { deviceId, secondId, siteId, testPostgresLog } from '../testing/test-event-logs.ts';
import { epochB, made } from '../testing/test-events.ts';
import { startPostgres, type TestPostgres, withoutPostgres } from '../testing/test-postgres.ts';
import { openPostgres } from './postgres-connection.ts';
import { readAfter } from './postgres-pages.ts';
import { prepareSchema } from './postgres-schema.ts';

type Log = Awaited<ReturnType<typeof testPostgresLog>>;
let server: TestPostgres;
let url: string;
let logs: Log[] = [];
describe.skipIf(withoutPostgres)(withoutPostgres ? 'event log in PostgreSQL (not installed)' : 'event log in PostgreSQL', () => {
  beforeAll(async () => {
    server = await startPostgres();
    url = await server.database('city');
  }, 60_000);
  afterAll(() => server.close(), 60_000);
  beforeEach(async () => {
    logs = [await testPostgresLog(url), await testPostgresLog(url)];
  });
  afterEach(async () => {
    for (const log of logs) await log.close();
  });
  const taps = (from: number, to: number, more = {}) =>
    Array.from({ length: to - from + 1 }, (_, at) => made({ siteId, deviceId, seq: from + at, ...more }));

  test('two processes that get the same batch at the same moment store it once, and both say that it is there', async () => {
    for (let round = 0; round < 8; round += 1) {
      const batch = taps(round * 50 + 1, round * 50 + 50);
      const receipts = (await Promise.all([...logs, ...logs].map((log) => log.take(siteId, batch)))).map(({ receipt }) => receipt);
      expect(receipts.reduce((sum, { accepted }) => sum + accepted, 0)).toBe(50);
      for (const { accepted, repeated, receipts: streams } of receipts) {
        expect(accepted + repeated).toBe(50);
        expect(streams).toMatchObject([{ contiguousSeq: round * 50 + 50 }]);
      }
    }
    expect(await logs[0]!.page({ limit: 1_000 })).toHaveLength(400);
  });

  test('events that come under two epochs in two processes at once are stored once', async () => {
    for (let round = 0; round < 5; round += 1) {
      const one = taps(round * 40 + 1, round * 40 + 40);
      const again = one.map((event) => ({ ...event, epoch: epochB })).toReversed();
      const both = await Promise.all([logs[0]!.take(siteId, one), logs[1]!.take(siteId, again)]);
      expect(both[0].receipt.accepted + both[1].receipt.accepted).toBe(40);
      expect(both.flatMap(({ receipt }) => receipt.receipts.map(({ contiguousSeq }) => contiguousSeq))).toEqual([
        round * 40 + 40,
        round * 40 + 40,
      ]);
    }
  });

  test('who follows the log by position misses nothing and sees nothing twice while several processes write', async () => {
    const seen: string[] = [];
    let position = 0;
    let writing = true;
    const follow = async (): Promise<void> => {
      for (let last = false; ; last = !writing) {
        const rows = await readAfter(logs[0]!.postgres, position, 37);
        for (const row of rows) seen.push(`${row.device_id} ${row.seq}`);
        position = rows.at(-1)?.position ?? position;
        if (last && rows.length === 0) return;
      }
    };
    const following = follow();
    const write = async (log: Log, device: typeof deviceId): Promise<void> => {
      for (let at = 0; at < 60; at += 1)
        await log.take(
          siteId,
          [1, 2, 3].map((one) => made({ siteId, deviceId: device, seq: at * 3 + one })),
        );
    };
    await Promise.all([write(logs[0]!, deviceId), write(logs[1]!, secondId)]);
    writing = false;
    await following;
    expect(seen).toHaveLength(360);
    expect(new Set(seen).size).toBe(360);
    const ofOne = seen.filter((name) => name.startsWith(deviceId)).map((name) => Number(name.split(' ')[1]));
    expect(ofOne).toEqual(Array.from({ length: 180 }, (_, at) => at + 1));
  });

  test('one batch that the site and the log disagree on does not hold up the others of its group', async () => {
    const log = logs[0]!;
    const answers = await Promise.allSettled([
      log.take(siteId, taps(1, 5)),
      log.take(siteId, taps(6, 9), { held: 'b.1', next: 'b.2' }),
      log.take(siteId, taps(6, 9)),
    ]);
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(await log.page({ limit: 100 })).toHaveLength(9);
  });

  test('while the database is away batches are refused in words that say to come back; afterwards everything is taken', async () => {
    const log = logs[0]!;
    await log.take(siteId, taps(1, 3));
    await server.halt('crash');
    await expect(log.take(siteId, taps(4, 6))).rejects.toMatchObject({ code: 'STORE_UNREACHABLE', details: { retryAfterS: 5 } });
    await server.start();
    expect((await log.take(siteId, taps(1, 6))).receipt).toMatchObject({ accepted: 3, repeated: 3, receipts: [{ contiguousSeq: 6 }] });
  });

  test('what was acknowledged is there after the server crashed in the middle of the load', async () => {
    const acknowledged: number[] = [];
    const load = async (log: Log, device: typeof deviceId): Promise<void> => {
      for (let seq = 1; seq < 2_000; seq += 1) {
        await log.take(siteId, [made({ siteId, deviceId: device, seq })]);
        if (device === deviceId) acknowledged.push(seq);
      }
    };
    const loads = Promise.allSettled([load(logs[0]!, deviceId), load(logs[1]!, secondId)]);
    while (acknowledged.length < 30) await new Promise((resolve) => setTimeout(resolve, 5));
    await server.halt('crash');
    await loads;
    await server.start();
    const kept = (await logs[0]!.page({ limit: 5_000, device: deviceId })).map(({ seq }) => seq);
    expect(kept).toEqual(expect.arrayContaining(acknowledged));
  });

  test('a database that does not exist, a newer one and a server that would lose data are refused with what to do', async () => {
    const opened = async (wanted: string) => {
      const postgres = openPostgres({ url: wanted, writers: 1 }, { log: silentLog, name: 'test' });
      try {
        return await prepareSchema(postgres);
      } finally {
        await postgres.close();
      }
    };
    await expect(opened(url.replace('/city', '/nowhere'))).rejects.toMatchObject({ code: 'STORE_REFUSED' });
    await expect(opened(url.replace(/:\d+\//, ':1/'))).rejects.toMatchObject({ code: 'STORE_UNREACHABLE' });
    expect(await opened(url)).toEqual(await opened(url));
    await logs[0]!.postgres.query({ text: 'UPDATE event_log SET version = 99' });
    await expect(opened(url)).rejects.toMatchObject({ code: 'STORE_TOO_NEW' });
    await logs[0]!.postgres.query({ text: 'UPDATE event_log SET version = 1' });
    const careless = await startPostgres({ fsync: 'off' });
    try {
      await expect(opened(await careless.database('city'))).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    } finally {
      await careless.close();
    }
  }, 60_000);

  test('no fault tells the password', async () => {
    const secret = 'very-secret-word';
    const postgres = openPostgres({ url: `postgresql://tramhoc:${secret}@127.0.0.1:1/city`, writers: 1 }, { log: silentLog, name: 'test' });
    const fault = await prepareSchema(postgres).catch((error: unknown) => error as Error);
    await postgres.close();
    expect(`${(fault as Error).message} ${JSON.stringify(fault)}`).not.toContain(secret);
    expect(() => openPostgres({ url: `mysql://${secret}`, writers: 1 }, { log: silentLog, name: 'test' })).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.not.stringContaining(secret) }),
    );
  });
});
