import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fakeClock } from '@tramhoc/base/fake-clock';
import { silentLog } from '@tramhoc/base/log';
import { DeviceId, SiteId } from '@tramhoc/protocol/ids';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type CentreStore, openCentreStore } from '../store/centre-store.ts';
import { made } from '../testing/test-events.ts';
import { groupCommit } from './group-commit.ts';
import { type Ingest, ingest } from './ingest.ts';

const siteAt = (at: number): SiteId => SiteId.parse(`thpt-${at}`);
const deviceAt = (at: number): DeviceId => DeviceId.parse(`11111111-1111-4111-8111-11111111111${at}`);
const sites = [0, 1, 2, 3];

let folder: string;
let store: CentreStore;
let commits = 0;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tramhoc-group-'));
  store = openCentreStore(folder);
  commits = 0;
  for (const at of sites) {
    store.sites.insert({
      ...{ site_id: siteAt(at), name: 'A', broker_host: 'localhost', broker_port: 8883, card_key: '0'.repeat(64), created_ms: 0 },
      broker_device_id: deviceAt(at),
    });
    store.devices.insert({
      ...{ device_id: deviceAt(at), site_id: siteAt(at), role: 'agent', name: 'x', model: '', serial: '', agent_version: '', os: '' },
      ...{ fingerprint: deviceAt(at), enrolled_ms: 0 },
    });
  }
});
afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true, force: true });
});

const counted: Pick<CentreStore['db'], 'transaction'> = {
  transaction(work) {
    commits += 1;
    return store.db.transaction(work);
  },
};
const plain = (): Ingest => ingest({ store, clock: fakeClock(), log: silentLog });
const tap = (at: number, seq: number) => made({ siteId: siteAt(at), deviceId: deviceAt(at), seq });
const whose = ({ db }: CentreStore): string[] =>
  db
    .prepare<{ site_id: string }>('SELECT site_id FROM events ORDER BY site_id, seq')
    .all()
    .map(({ site_id }) => site_id);

test('batches that come together cost one commit, and each is answered after it', async () => {
  const take = groupCommit({ db: counted, ingest: plain() });
  const elsewhere = openCentreStore(folder);
  const seen = await Promise.all(
    sites.map(async (at) => {
      const { receipt } = await take(siteAt(at), [tap(at, 1), tap(at, 2)]);
      expect(receipt.receipts).toEqual([expect.objectContaining({ device: deviceAt(at), contiguousSeq: 2 })]);
      return whose(elsewhere).length;
    }),
  );
  elsewhere.close();
  expect(seen).toEqual([8, 8, 8, 8]);
  expect(commits).toBe(1);
});

test('a site whose mark is another one is told so; the others of its commit are stored', async () => {
  const take = groupCommit({ db: counted, ingest: plain() });
  const [first, conflict, last] = await Promise.allSettled([
    take(siteAt(0), [tap(0, 1)], { held: 'none', next: 'a.1' }),
    take(siteAt(1), [tap(1, 1)], { held: 'b.7', next: 'b.8' }),
    take(siteAt(2), [tap(2, 1)]),
  ]);
  expect(first).toMatchObject({ status: 'fulfilled', value: { receipt: { accepted: 1, heldMark: 'a.1' } } });
  expect(conflict).toMatchObject({ status: 'rejected', reason: { code: 'CONFLICT', details: { heldMark: 'none' } } });
  expect(last).toMatchObject({ status: 'fulfilled', value: { receipt: { accepted: 1 } } });
  expect(whose(store)).toEqual([siteAt(0), siteAt(2)]);
  expect(commits).toBe(1);
});

test('one batch that the store cannot take does not keep the others out', async () => {
  const whole = plain();
  const take = groupCommit({
    db: counted,
    ingest(siteId, batch, marks) {
      const ingested = whole(siteId, batch, marks);
      if (siteId === siteAt(1)) throw new Error('a row that cannot be read');
      return ingested;
    },
  });
  const told = await Promise.allSettled(sites.map((at) => take(siteAt(at), [tap(at, 1)])));
  expect(told.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
  expect(whose(store)).toEqual([siteAt(0), siteAt(2), siteAt(3)]);
});

test('a full disk refuses all of them at once, and the next ones are taken when there is room', async () => {
  let full = true;
  const take = groupCommit({
    db: {
      transaction(work) {
        commits += 1;
        if (full) throw Object.assign(new Error('full'), { code: 'DISK_FULL' });
        return store.db.transaction(work);
      },
    },
    ingest: plain(),
  });
  const told = await Promise.allSettled(sites.map((at) => take(siteAt(at), [tap(at, 1)])));
  expect(told.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected', 'rejected']);
  expect(commits).toBe(1);
  full = false;
  await take(siteAt(0), [tap(0, 1)]);
  expect(whose(store)).toEqual([siteAt(0)]);
});

test('batches of one site are stored in the order in which they came, however many commits they need', async () => {
  const take = groupCommit({ db: counted, ingest: plain() });
  const batches = Array.from({ length: 12 }, (_, at) => Array.from({ length: 200 }, (__, step) => tap(0, at * 200 + step + 1)));
  await Promise.all(batches.map((batch) => take(siteAt(0), batch)));
  const seqs = store.db.prepare<{ seq: number }>('SELECT seq FROM events ORDER BY position').all();
  expect(seqs.map(({ seq }) => seq)).toEqual(Array.from({ length: 2_400 }, (_, at) => at + 1));
  expect(commits).toBe(3);
});
