/**
 * docs/runbooks/restore.md, step by step, with the programs in processes of their own and `tramhoc` as it is typed. The ledger of what was acknowledged
 * lives in the test; at the end it is compared with the centre's database.
 */
import { execFile } from 'node:child_process';
import { readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { seededRandom } from '@tramhoc/base/random';
import BetterSqlite3 from 'better-sqlite3';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { compareWithCentre, createLedger } from '../faults/acknowledged.ts';
import { buildTemplate, openTown, type Template, type Town } from '../faults/town.ts';
import { until } from '../world/until.ts';

let template: Template;
beforeAll(async () => {
  template = await buildTemplate();
}, 120_000);
afterAll(() => template.remove());
const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

type Typed = { code: number; out: string; err: string };
/** As an administrator types it. */
const tramhoc = (...words: string[]): Promise<Typed> =>
  new Promise((resolve) => {
    execFile(join(import.meta.dirname, '..', '..', 'tramhoc'), words, { encoding: 'utf8' }, (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), out: out.trim(), err }),
    );
  });
async function made(...words: string[]): Promise<string> {
  const { code, out, err } = await tramhoc(...words);
  expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' });
  return out;
}

async function town(): Promise<Town> {
  const { fraction } = seededRandom(7);
  const opened = await openTown({ template, ledger: createLedger(), random: fraction });
  ends.push(() => opened.close());
  return opened;
}
/** Taps come from an agent with a reader, and from a client that sends as agents do. */
async function opensInTheMorning(it: Town): Promise<{ more(count: number): Promise<void>; stopTapping(): void }> {
  await it.start('centre');
  await it.start('broker');
  await it.start('gate');
  const reader = await it.reader('gate');
  const client = it.publisher('client-1', 20);
  reader.start(25);
  return {
    async more(count) {
      reader.start(25);
      client.resume();
      const before = it.ledger.acknowledged.size;
      await until(`${count} taps more are acknowledged`, () => it.ledger.acknowledged.size >= before + count, 60_000);
    },
    stopTapping() {
      reader.pause();
      client.pause();
    },
  };
}
const idsIn = (path: string, what: string): Set<string> => {
  const database = new BetterSqlite3(path, { readonly: true });
  try {
    return new Set(database.prepare(`SELECT ${what}`).pluck().all() as string[]);
  } finally {
    database.close();
  }
};
const atCentre = (it: Town): Set<string> => idsIn(it.centreDatabase, 'id FROM events');
const configOf = (it: Town, part: string): string => join(it.folder, `${part}.json`);
const compared = (it: Town, excused?: (id: string) => boolean) =>
  compareWithCentre(it.ledger, { databasePath: it.centreDatabase, clients: it.clientIds, ...(excused === undefined ? {} : { excused }) });

test('a site that is put back from a copy loses what only the lost disk had, and nothing else; nothing counts twice', {
  timeout: 180_000,
}, async () => {
  const it = await town();
  const day = await opensInTheMorning(it);
  await day.more(60);
  // Make a copy, 1: while it runs
  const copy = await made('backup', '--config', configOf(it, 'broker'), '--to', join(it.folder, 'copies'));
  expect(statSync(copy).mode & 0o777).toBe(0o700);
  const inCopy = idsIn(join(copy, 'data', 'site.db'), "body ->> '$.id' FROM event");
  await day.more(60);
  await until('the centre has more than the copy', () => [...atCentre(it)].some((id) => !inCopy.has(id)));
  // the last things that the old disk hears do not reach the centre
  it.upLine.set({ do: 'cut' });
  await day.more(40);
  // Put a copy back, 1: it refuses while the broker runs
  expect(await tramhoc('restore', '--from', copy, '--config', configOf(it, 'broker'), '--replace')).toMatchObject({
    code: 1,
    err: expect.stringMatching(/^CONFLICT: a program is running on /),
  });
  await it.running('broker')!.stop();
  // the gate goes on without a broker
  await day.more(5);
  // 2 and 3: into the same folder; what was there is moved aside
  expect(await tramhoc('restore', '--from', copy, '--config', configOf(it, 'broker'))).toMatchObject({
    code: 1,
    err: expect.stringMatching(/is not empty; say --replace/),
  });
  await made('restore', '--from', copy, '--config', configOf(it, 'broker'), '--replace');
  const dataDir = it.dataFolder('broker');
  const aside = readdirSync(dataDir).find((name) => name.startsWith('before-restore-'))!;
  const onLostDisk = idsIn(join(dataDir, aside, 'site.db'), "body ->> '$.id' FROM event");
  const centreHad = atCentre(it);
  const gone = new Set([...onLostDisk].filter((id) => !centreHad.has(id) && !inCopy.has(id)));
  expect(gone.size).toBeGreaterThan(10);
  // 4: start it; taps go on
  it.upLine.set({ do: 'pass' });
  await it.start('broker');
  await day.more(60);
  day.stopTapping();
  await it.drained();
  const { lost, doubled, broken } = compared(it, (id) => gone.has(id));
  expect({ lost, doubled, broken }).toEqual({ lost: [], doubled: [], broken: [] });
  // and those were acknowledged, and are gone: nobody else had them
  const acknowledged = [...gone].filter((id) => it.ledger.acknowledged.get(id)?.by === 'puback');
  expect(acknowledged.length).toBeGreaterThan(0);
  const there = atCentre(it);
  expect(acknowledged.filter((id) => there.has(id))).toEqual([]);
});

test('a centre that is put back from a copy on a new disk has everything again, because the sites still have it', {
  timeout: 180_000,
}, async () => {
  const it = await town();
  const day = await opensInTheMorning(it);
  await day.more(60);
  // Make a copy, 1
  const copy = await made('backup', '--config', configOf(it, 'centre'), '--to', join(it.folder, 'copies'));
  await day.more(80);
  await it.api.call('PUT', `/api/devices/${it.deviceIds.door}/desired`, { ifVersion: 0, desired: { drivers: {} } });
  day.stopTapping();
  await it.drained();
  const before = atCentre(it);
  const inCopy = idsIn(join(copy, 'data', 'centre.sqlite'), 'id FROM events');
  expect([...before].filter((id) => !inCopy.has(id)).length).toBeGreaterThan(80);
  // Put a copy back: the machine is gone; into an empty folder
  await it.running('centre')!.kill();
  rmSync(it.dataFolder('centre'), { recursive: true });
  await made('restore', '--from', copy, '--config', configOf(it, 'centre'));
  expect(atCentre(it)).toEqual(inCopy);
  await it.start('centre');
  // nobody taps: that the centre is back is enough
  await until('the site has sent what the centre lacks', () => [...before].every((id) => atCentre(it).has(id)), 60_000);
  // "After restoring a centre": a device follows what this centre says, whatever it had seen
  const { twinView } = await it.api.call<{ twinView: { desiredVersion: number } }>('GET', `/api/devices/${it.deviceIds.gate}`);
  expect(twinView.desiredVersion).toBeGreaterThan(1_000);
  await until('the gate runs that version', async () => {
    const { twinView: now } = await it.api.call<{ twinView: { reportedVersion: number } }>('GET', `/api/devices/${it.deviceIds.gate}`);
    return now.reportedVersion === twinView.desiredVersion;
  });
  await day.more(60);
  day.stopTapping();
  await it.drained();
  expect(compared(it)).toMatchObject({ lost: [], doubled: [], broken: [] });
});

test('a site whose certificate is no good any more is claimed again over its own folder, and what only that had arrives', {
  timeout: 180_000,
}, async () => {
  const it = await town();
  const day = await opensInTheMorning(it);
  await day.more(40);
  it.upLine.set({ do: 'cut' });
  await day.more(40);
  await it.running('broker')!.stop();
  // "Set up a site again", 1
  const { sites } = await it.api.call<{ sites: { siteId: string }[] }>('GET', '/api/sites');
  const { claimUser, claimToken } = await it.api.call<{ claimUser: string; claimToken: string }>(
    'POST',
    `/api/sites/${sites[0]!.siteId}/claim`,
  );
  // 2: everything but the certificate stays
  it.configure('broker', { claim: { deviceId: claimUser, token: claimToken } });
  renameSync(join(it.dataFolder('broker'), 'identity.json'), join(it.folder, 'identity-before.json'));
  it.upLine.set({ do: 'pass' });
  // 3
  await it.start('broker');
  await day.more(20);
  day.stopTapping();
  await it.drained();
  expect(compared(it)).toMatchObject({ lost: [], doubled: [], broken: [] });
});
