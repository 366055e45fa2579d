import { systemClock } from '@tramhoc/base/clock';
import type { TramEvent } from '@tramhoc/protocol/event';
import { afterEach, expect, test } from 'vitest';
import { createTestCa } from '../testing/test-ca.ts';
import { type Mood, startTestCentre, type TestCentre } from '../testing/test-centre.ts';
import { startTestSite, type TestDevice, type TestSite, testSiteId } from '../testing/test-site.ts';
import { receiptFault } from './plan-receipt.ts';

const clock = systemClock();
const cleanUp: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).toReversed()) await step();
});

async function start(): Promise<{ site: TestSite; centre: TestCentre; device: TestDevice; send(events: unknown[]): Promise<void> }> {
  const ca = createTestCa(clock.wallMs());
  const centre = await startTestCentre(ca, { siteId: testSiteId });
  const site = await startTestSite({ ca, centreUrl: centre.url });
  cleanUp.push(
    () => site.close(),
    () => centre.close(),
  );
  const device = site.device();
  const client = await device.open();
  const send = async (events: unknown[]): Promise<void> => {
    expect(await client.publish(device.topic, JSON.stringify(events))).toBe('acknowledged');
  };
  return { site, centre, device, send };
}

async function until(met: () => boolean): Promise<void> {
  for (let tries = 0; tries < 750; tries += 1) {
    if (met()) return;
    await clock.sleep(20);
  }
  throw new Error('it did not come to that within 15 s');
}

const seqsOf = ({ stored }: TestCentre, { owner }: TestDevice): number[] =>
  stored.filter(({ source }) => source.endsWith(owner.deviceId)).map(({ seq }) => seq);
const numbers = (count: number): number[] => Array.from({ length: count }, (_, at) => at + 1);

test('events reach a centre that fails, loses answers and lies, each once and in order', async () => {
  const { centre, device, send } = await start();
  const moods: Mood[] = [{ do: 'drop' }, { do: 'refuse', status: 503, code: 'INTERNAL' }, { do: 'lie' }];
  // an empty batch asks what the centre holds
  centre.mood = (events) => (events.length === 0 ? undefined : moods.shift()) ?? { do: 'work' };
  for (let round = 0; round < 30; round += 1) await send([device.event(), device.event()]);
  await until(() => seqsOf(centre, device).length === 60 && moods.length === 0);
  await send([device.event()]);
  await until(() => seqsOf(centre, device).length === 61);
  expect(seqsOf(centre, device)).toEqual(numbers(61));
  expect(centre.repeated).toBeGreaterThan(0);
});

test('what was stored while the centre was away arrives after a restart of the broker', async () => {
  const { site, centre, device, send } = await start();
  centre.mood = () => ({ do: 'refuse', status: 502, code: 'INTERNAL' });
  for (let round = 0; round < 8; round += 1) await send(Array.from({ length: 100 }, () => device.event()));
  await site.restart();
  centre.mood = () => ({ do: 'work' });
  await until(() => seqsOf(centre, device).length === 800);
  expect(seqsOf(centre, device)).toEqual(numbers(800));
  // 800 and the facts of the broker itself do not fit into one
  expect(centre.batches).toBeGreaterThan(1);
  const page = await (await fetch(`${site.broker.statusUrl}?lang=en`)).text();
  expect(page).toContain('Connected');
});

test('one event that the centre calls invalid is set aside and the others arrive', async () => {
  const { site, centre, device, send } = await start();
  const hated = 23;
  const has = (events: TramEvent[]): boolean => events.some(({ seq, source }) => seq === hated && source.endsWith(device.owner.deviceId));
  centre.mood = (events) => (has(events) ? { do: 'refuse', status: 422, code: 'EVENT_INVALID' } : { do: 'work' });
  await send(Array.from({ length: 40 }, () => device.event()));
  await until(() => seqsOf(centre, device).length === 39);
  expect(seqsOf(centre, device)).toEqual(numbers(40).filter((seq) => seq !== hated));
  expect(await site.metric('quarantine_entries')).toBe(1);
});

const hasDeviceEvents = (events: TramEvent[]): boolean => events.some(({ type }) => !type.startsWith('vn.tramhoc.site.'));
const quarantinedFacts = ({ stored }: TestCentre): unknown[] =>
  stored.filter(({ type }) => type === 'vn.tramhoc.site.quarantined.v1').map(({ data }) => data);

test('an event that the centre cannot read is set aside when it reads the others, and the centre is told', async () => {
  const { site, centre, device, send } = await start();
  const has = (events: TramEvent[]): boolean => events.some(({ seq, source }) => seq === 3 && source.endsWith(device.owner.deviceId));
  centre.mood = (events) => (has(events) ? { do: 'refuse', status: 400, code: 'PAYLOAD_MALFORMED' } : { do: 'work' });
  await send(Array.from({ length: 5 }, () => device.event()));
  await until(() => seqsOf(centre, device).length === 4 && quarantinedFacts(centre).length === 1);
  expect(quarantinedFacts(centre)).toEqual([expect.objectContaining({ device: device.owner.deviceId, code: 'PAYLOAD_MALFORMED' })]);
  expect(await site.metric('quarantine_entries')).toBe(1);
});

test('a centre put back from a copy that cannot read the next event gets first what it lacks', async () => {
  const { site, centre, device, send } = await start();
  await send(Array.from({ length: 10 }, () => device.event()));
  await until(() => seqsOf(centre, device).length === 10);
  const putBack = centre.copy();
  await send(Array.from({ length: 10 }, () => device.event()));
  await until(() => seqsOf(centre, device).length === 20);
  const has = (events: TramEvent[]): boolean => events.some(({ seq, source }) => seq === 21 && source.endsWith(device.owner.deviceId));
  // it looks at the batch before it compares what it holds
  centre.mood = (events) => (has(events) ? { do: 'refuse', status: 400, code: 'PAYLOAD_MALFORMED' } : { do: 'work' });
  putBack();
  await send(Array.from({ length: 5 }, () => device.event()));
  await until(() => seqsOf(centre, device).length === 24);
  expect(seqsOf(centre, device)).toEqual(numbers(25).filter((seq) => seq !== 21));
  expect(await site.metric('quarantine_entries')).toBe(1);
});

test('a centre that for a while can read nothing at all costs nothing', async () => {
  const { site, centre, device, send } = await start();
  let refusals = 0;
  centre.mood = () => {
    refusals += 1;
    return refusals <= 12 ? { do: 'refuse', status: 400, code: 'PAYLOAD_MALFORMED' } : { do: 'work' };
  };
  await send(Array.from({ length: 8 }, () => device.event()));
  await until(() => seqsOf(centre, device).length === 8);
  expect(seqsOf(centre, device)).toEqual(numbers(8));
  expect(await site.metric('quarantine_entries')).toBe(0);
});

test('a centre that calls one event after the other invalid is not believed', async () => {
  const { site, centre, device, send } = await start();
  let refusedAlone = 0;
  centre.mood = (events) => {
    if (!hasDeviceEvents(events) || refusedAlone > 12) return { do: 'work' };
    if (events.length === 1) refusedAlone += 1;
    return { do: 'refuse', status: 422, code: 'EVENT_INVALID' };
  };
  await send(Array.from({ length: 40 }, () => device.event()));
  await until(() => seqsOf(centre, device).length === 30);
  expect(seqsOf(centre, device)).toEqual(numbers(40).slice(10));
  expect(await site.metric('quarantine_entries')).toBe(10);
});

test('a centre that refuses everything for another reason costs nothing: all of it waits', async () => {
  const { site, centre, device, send } = await start();
  centre.mood = () => ({ do: 'refuse', status: 400, code: 'INTERNAL' });
  await send(Array.from({ length: 4 }, () => device.event()));
  await until(() => centre.batches >= 5);
  expect(await site.metric('quarantine_entries')).toBe(0);
  expect(await site.metric('upstream_lag_events')).toBeGreaterThanOrEqual(4);
});

test('a centre that was put back from a copy gets again what it lacks, in order, and nothing else', async () => {
  const { site, centre, device, send } = await start();
  await send([device.event(), device.event()]);
  await until(() => seqsOf(centre, device).length === 2);
  const putBack = centre.copy();
  for (let round = 0; round < 20; round += 1) await send([device.event()]);
  await until(() => seqsOf(centre, device).length === 22);
  putBack();
  const repeatedBefore = centre.repeated;
  await send([device.event()]);
  await until(() => seqsOf(centre, device).length === 23);
  expect(seqsOf(centre, device)).toEqual(numbers(23));
  expect(centre.repeated).toBe(repeatedBefore);
  await site.restart();
  putBack();
  // nobody says anything new: the poll that comes back is enough
  await site.restart();
  await until(() => seqsOf(centre, device).length === 23);
  expect(seqsOf(centre, device)).toEqual(numbers(23));
});

test('a centre that holds a list nobody knows here gets all of it three times, and not again and again', async () => {
  const { site, centre, device, send } = await start();
  await send([device.event(), device.event()]);
  await until(() => seqsOf(centre, device).length === 2);
  // another broker with this identity goes on in between
  const otherGoesOn = async (round: number): Promise<number> => {
    const before = centre.repeated;
    centre.heldMark = `ffffffffffffffff.${7 + round}`;
    await send([device.event()]);
    await until(() => seqsOf(centre, device).length === 3 + round);
    return centre.repeated - before;
  };
  for (const round of [0, 1, 2]) expect(await otherGoesOn(round)).toBeGreaterThanOrEqual(2 + round);
  for (const round of [3, 4]) expect(await otherGoesOn(round)).toBe(0);
  expect(site.logLines.some((line) => line.includes('another broker sends for this site'))).toBe(true);
});

test('a receipt covers a batch only when every event in it is stored or set aside', () => {
  const rows = [
    { device: 'a', epoch: 'e', seq: 4 },
    { device: 'a', epoch: 'e', seq: 5 },
    { device: 'b', epoch: 'e', seq: 1 },
  ];
  const stored = (storedSeq: number, device: string) => ({ device, epoch: 'e', contiguousSeq: 0, storedSeq });
  const receipt = (receipts: unknown[], accepted: number, quarantined = 0) => ({ receipts, accepted, repeated: 0, quarantined }) as never;
  expect(receiptFault(rows, receipt([stored(5, 'a'), stored(1, 'b')], 3))).toBeUndefined();
  expect(receiptFault(rows, receipt([stored(5, 'a'), stored(1, 'b')], 2))).toBe('2 of 3 events');
  expect(receiptFault(rows, receipt([stored(4, 'a'), stored(1, 'b')], 3))).toContain('seq 5');
  expect(receiptFault(rows, receipt([stored(5, 'a')], 3))).toContain('seq 1 of b');
  expect(receiptFault(rows, receipt([stored(5, 'a')], 2, 1))).toBeUndefined();
});
