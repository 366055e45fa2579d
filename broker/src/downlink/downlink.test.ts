import { systemClock } from '@tramhoc/base/clock';
import { desiredTopic } from '@tramhoc/protocol/topics';
import { afterEach, expect, test, vi } from 'vitest';
import { createTestCa } from '../testing/test-ca.ts';
import { startTestCentre } from '../testing/test-centre.ts';
import { startTestSite, testSiteId } from '../testing/test-site.ts';

const cleanUp: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).toReversed()) await step();
});

test.each([
  { what: 'could not all be read', revocations: ['?'], askedFrom: 0 },
  { what: 'could all be read', revocations: [], askedFrom: 1 },
])('after wishes that $what the next start, perhaps of a newer version, asks for what came after $askedFrom', async (wishes) => {
  const ca = createTestCa(systemClock().wallMs());
  const centre = await startTestCentre(ca, { siteId: testSiteId });
  const site = await startTestSite({ ca, centreUrl: centre.url });
  cleanUp.push(
    () => centre.close(),
    () => site.close(),
  );
  const device = site.device();
  const client = await device.open();
  await client.subscribe(desiredTopic(device.owner));
  const document = { version: 1, hash: 'c'.repeat(64), desired: { drivers: {} } };
  centre.wish({ documents: [{ device: device.owner.deviceId, document }], revocations: wishes.revocations });
  await client.next(desiredTopic(device.owner));
  await vi.waitFor(() => expect(centre.polledAfter).toContain(1), { timeout: 10_000 });
  const before = centre.polledAfter.length;
  await site.restart();
  await vi.waitFor(() => expect(centre.polledAfter.length).toBeGreaterThan(before), { timeout: 10_000 });
  expect(centre.polledAfter[before]).toBe(wishes.askedFrom);
});
