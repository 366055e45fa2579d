import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { duplexPair } from 'node:stream';
import { desiredHash } from '@tramhoc/base/digest';
import { fakeClock } from '@tramhoc/base/fake-clock';
import { silentLog } from '@tramhoc/base/log';
import { seededRandom } from '@tramhoc/base/random';
import type { EventData } from '@tramhoc/protocol/event';
import type { DriverWish } from '@tramhoc/protocol/twin';
import { afterEach, expect, test } from 'vitest';
import { z } from 'zod';
import { type AnyDriverDefinition, describe } from '../drivers/driver.ts';
import { createSlots } from '../drivers/slots.ts';
import { createReconciler } from './reconciler.ts';
import { openTwinStore } from './twin-store.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

const texts = { vi: { title: 'x', help: 'x' }, en: { title: 'x', help: 'x' } };
const configured: string[] = [];
const reader: AnyDriverDefinition = {
  kind: 'reader',
  title: { vi: 'x', en: 'x' },
  configSchema: z.strictObject({
    port: z.string(),
    everyS: z.int().min(1).max(60).default(10),
    password: describe(z.string().default(''), { ...texts, secret: true }),
  }),
  capabilities: [],
  link: ({ port }: { port: string }) => ({ port, serial: { baudRate: 9600, dataBits: 8, parity: 'none', stopBits: 1 } }),
  open: async (_link, config: { port: string; everyS: number }) => {
    configured.push(`open ${config.port} ${config.everyS}`);
    return {
      configure: async (next: { port: string; everyS: number }) => void configured.push(`configure ${next.port} ${next.everyS}`),
      close: async () => void configured.push(`close ${config.port}`),
      counters: () => ({ frameCount: 0, skippedBytes: 0, timeoutCount: 0, lastFrameAtMs: undefined }),
    };
  },
};
const definitionOf = (kind: string) => (kind === 'reader' ? reader : undefined);

function device(dataDir = mkdtempSync(join(tmpdir(), 'twin-'))) {
  if (!folders.includes(dataDir)) folders.push(dataDir);
  configured.length = 0;
  const clock = fakeClock();
  const reports: EventData<'vn.tramhoc.twin.reported.v1'>[] = [];
  /** Of the disk, at the next reports. */
  const faults: Error[] = [];
  const slots = createSlots({
    definitionOf,
    openLink: async () => {
      const [near, far] = duplexPair();
      far.on('error', () => undefined);
      return near;
    },
    onReading: () => true,
    notes: new Map(),
    onStatus: () => undefined,
    clock,
    random: seededRandom(1),
    log: silentLog,
  });
  const twin = createReconciler({
    store: openTwinStore(dataDir, silentLog),
    slots,
    definitionOf,
    report(data) {
      if (faults.length > 0) throw faults.shift();
      reports.push(data);
    },
    clock,
    log: silentLog,
  });
  const settle = async (): Promise<void> => {
    for (let turns = 0; turns < 20; turns += 1) await clock.advance(1);
  };
  return {
    dataDir,
    clock,
    faults,
    tellAgain: () => twin.tellAgain(),
    reports,
    configured,
    slots,
    async start() {
      await twin.start();
      await settle();
    },
    async arrives(document: unknown) {
      twin.desiredArrived(Buffer.from(typeof document === 'string' ? document : JSON.stringify(document)));
      await settle();
    },
    arrivesTogether(...documents: unknown[]) {
      for (const document of documents) twin.desiredArrived(Buffer.from(JSON.stringify(document)));
      return settle();
    },
    stop: () => twin.stop(),
  };
}
const at = (port: string, more: DriverWish['config'] = {}): DriverWish => ({ kind: 'reader', config: { port, ...more } });
const document = (version: number, drivers: Record<string, DriverWish>) => {
  const desired = { drivers } as Parameters<typeof desiredHash>[0];
  return { version, hash: desiredHash(desired), desired };
};

test('a document is followed and what runs is reported, once', async () => {
  const it = device();
  await it.start();
  const first = document(1, { gate: at('/dev/1') });
  await it.arrives(first);
  await it.arrives(first);
  expect(it.configured).toEqual(['open /dev/1 10']);
  expect(it.reports).toEqual([{ appliedVersion: 1, hash: first.hash, drivers: { gate: at('/dev/1') }, errors: [] }]);
  await it.arrives(document(2, { gate: at('/dev/1', { everyS: 5 }) }));
  expect(it.configured.at(-1)).toBe('configure /dev/1 5');
  expect(it.reports.map(({ appliedVersion }) => appliedVersion)).toEqual([1, 2]);
  await it.stop();
});

test('a device that starts with nobody there runs what it ran, and reports it: the last report may have gone with a disk', async () => {
  const before = device();
  await before.start();
  await before.arrives(document(4, { gate: at('/dev/1', { everyS: 7 }) }));
  await before.stop();
  const it = device(before.dataDir);
  await it.start();
  expect(it.configured).toEqual(['open /dev/1 7']);
  expect(it.reports).toMatchObject([{ appliedVersion: 4, drivers: { gate: at('/dev/1', { everyS: 7 }) }, errors: [] }]);
  await it.stop();
});

test('a wrong value is refused by its key, the old config goes on, the other slots follow; also after a restart', async () => {
  const before = device();
  await before.start();
  await before.arrives(document(1, { gate: at('/dev/1', { everyS: 5 }), hall: at('/dev/2') }));
  const second = document(2, { gate: at('/dev/1', { everyS: 900 }), hall: at('/dev/2', { everyS: 20 }) });
  await before.arrives(second);
  expect(before.reports.at(-1)).toMatchObject({
    appliedVersion: 2,
    hash: second.hash,
    drivers: { gate: { config: { everyS: 5 } }, hall: { config: { everyS: 20 } } },
    errors: [{ key: 'drivers.gate.config.everyS', code: 'DRIVER_CONFIG_INVALID' }],
  });
  await before.stop();
  const it = device(before.dataDir);
  await it.start();
  expect([...it.configured].sort()).toEqual(['open /dev/1 5', 'open /dev/2 20']);
  await it.stop();
});

test('a report that the disk refused is made as soon as it can be', async () => {
  const it = device();
  await it.start();
  it.faults.push(new Error('disk full'), new Error('disk full'));
  await it.arrives(document(1, { gate: at('/dev/1') }));
  expect(it.reports).toEqual([]);
  await it.clock.advance(30_000);
  expect(it.reports.map(({ appliedVersion }) => appliedVersion)).toEqual([1]);
  expect(it.configured).toEqual(['open /dev/1 10']);
  await it.stop();
});

test('a report that may have been given up on its way is made again', async () => {
  const it = device();
  await it.start();
  await it.arrives(document(1, { gate: at('/dev/1') }));
  it.tellAgain();
  await it.clock.advance(10);
  expect(it.reports.map(({ appliedVersion }) => appliedVersion)).toEqual([1, 1]);
  await it.stop();
});

test('when the document comes again, as it does with each connection, the report is made again, once in five minutes, and four times a day', async () => {
  const it = device();
  await it.start();
  const first = document(1, { gate: at('/dev/1') });
  for (let connection = 0; connection < 20; connection += 1) await it.arrives(first);
  expect(it.reports).toHaveLength(1);
  await it.clock.advance(6 * 60_000);
  expect(it.reports.map(({ appliedVersion }) => appliedVersion)).toEqual([1, 1]);
  await it.clock.advance(60 * 60_000);
  expect(it.reports).toHaveLength(2);
  await it.clock.advance(24 * 60 * 60_000);
  expect(it.reports).toHaveLength(6);
  await it.stop();
  await it.clock.advance(24 * 60 * 60_000);
  expect(it.reports).toHaveLength(6);
});

test('of several documents that wait only the last is followed', async () => {
  const it = device();
  await it.start();
  await it.arrivesTogether(document(1, { a: at('/dev/1') }), document(2, { b: at('/dev/2') }), document(3, { c: at('/dev/3') }));
  expect(it.configured).toEqual(['open /dev/3 10']);
  expect(it.reports.map(({ appliedVersion }) => appliedVersion)).toEqual([3]);
  await it.stop();
});

test('an older version is not followed and our version is told; the same version with other content is the centre’s last word', async () => {
  const it = device();
  await it.start();
  await it.arrives(document(5, { gate: at('/dev/5') }));
  await it.arrives(document(3, { gate: at('/dev/3') }));
  expect(it.reports.at(-1)).toMatchObject({ appliedVersion: 5, errors: [{ key: 'document', code: 'TWIN_VERSION_CONFLICT' }] });
  expect(Object.keys(it.slots.running())).toEqual(['gate']);
  expect(it.slots.running()['gate']).toEqual(at('/dev/5'));
  await it.arrives(document(5, { gate: at('/dev/6') }));
  expect(it.slots.running()['gate']).toEqual(at('/dev/6'));
  expect(it.reports.at(-1)).toMatchObject({ appliedVersion: 5, errors: [] });
  await it.stop();
});

test.each([
  ['something that is not JSON', '{"version":'],
  ['another shape', { version: 2, desired: {} }],
  ['a hash that does not fit', { ...document(2, { gate: at('/dev/2') }), hash: 'f'.repeat(64) }],
  [
    'a document that is too large',
    document(2, {
      gate: at('x'.repeat(4_000), { a: 'y'.repeat(4_000), b: 'z'.repeat(4_000), c: 'q'.repeat(4_000), d: 'r'.repeat(4_000) }),
    }),
  ],
  ['a document that is nested too deep', document(2, { gate: at('/dev/2', { a: { b: { c: { d: 1 } } } }) })],
])('%s changes nothing and is reported', async (_what, damaged) => {
  const it = device();
  await it.start();
  await it.arrives(document(1, { gate: at('/dev/1') }));
  await it.arrives(damaged);
  expect(it.slots.running()).toEqual({ gate: at('/dev/1') });
  expect(it.reports.at(-1)).toMatchObject({ appliedVersion: 1, errors: [{ key: 'document', code: expect.stringMatching(/^TWIN_/) }] });
  await it.stop();
});

test('a cleared retained document and a damaged file on disk stop nothing', async () => {
  const it = device();
  await it.start();
  await it.arrives(document(1, { gate: at('/dev/1') }));
  await it.arrives('');
  expect(it.slots.running()).toEqual({ gate: at('/dev/1') });
  await it.stop();
  writeFileSync(join(it.dataDir, 'twin.json'), '{"running":');
  const again = device(it.dataDir);
  await again.start();
  await again.arrives(document(1, { gate: at('/dev/1') }));
  expect(again.slots.running()).toEqual({ gate: at('/dev/1') });
  await again.stop();
});

test('a password does not travel in the report, and lies on disk for its owner only', async () => {
  const it = device();
  await it.start();
  await it.arrives(document(1, { gate: at('/dev/1', { password: 'panasonic1' }) }));
  expect(it.reports[0]!.drivers).toMatchObject({ gate: { config: { password: '***' } } });
  expect(JSON.stringify(it.reports)).not.toContain('panasonic1');
  const path = join(it.dataDir, 'twin.json');
  expect(readFileSync(path, 'utf8')).toContain('panasonic1');
  expect(statSync(path).mode & 0o777).toBe(0o600);
  await it.stop();
});
