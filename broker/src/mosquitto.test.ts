/** A client that we did not write: Debian's mosquitto_pub and mosquitto_sub with a device's certificate. Skipped where they are not installed. */
import { execFile, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { systemClock } from '@tramhoc/base/clock';
import { desiredTopic, devicePrefix } from '@tramhoc/protocol/topics';
import { afterEach, expect, test } from 'vitest';
import { createTestCa } from './testing/test-ca.ts';
import { startTestCentre } from './testing/test-centre.ts';
import { startTestSite, type TestDevice, type TestSite, testSiteId } from './testing/test-site.ts';

const run = promisify(execFile);
const missing = ['mosquitto_pub', 'mosquitto_sub'].some((tool) => spawnSync(tool, ['--help']).error !== undefined);
const clock = systemClock();
const cleanUp: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).toReversed()) await step();
});

function argumentsOf({ folder, broker, ca }: TestSite, device: TestDevice): string[] {
  const file = (name: string, content: string): string => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };
  const cafile = file('ca.pem', ca.rootPem);
  const cert = file('device.pem', device.identity.chainPem);
  const key = file('device-key.pem', device.identity.keyPem);
  return ['-h', 'localhost', '-p', String(broker.mqttPort), '--cafile', cafile, '--cert', cert, '--key', key, '-q', '1'];
}

test.skipIf(missing)('mosquitto_pub delivers an event, and is refused outside its prefix', async () => {
  const site = await startTestSite();
  cleanUp.push(() => site.close());
  const [device, other] = [site.device(), site.device()];
  const args = argumentsOf(site, device);
  await run('mosquitto_pub', [...args, '-t', device.topic, '-m', JSON.stringify([device.event()])]);
  expect(await site.metric('events_admitted_total')).toBe(1);
  await run('mosquitto_pub', [...args, '-t', other.topic, '-m', JSON.stringify([other.event()])]).catch(() => undefined);
  expect(await site.metric('events_admitted_total')).toBe(1);
  expect(site.logLines.join()).toContain('"reason":"publish-topic"');
});

test.skipIf(missing)('mosquitto_sub reads its desired document, and is refused that of another device', async () => {
  const ca = createTestCa(clock.wallMs());
  const centre = await startTestCentre(ca, { siteId: testSiteId });
  const site = await startTestSite({ ca, centreUrl: centre.url });
  cleanUp.push(
    () => site.close(),
    () => centre.close(),
  );
  const [device, other] = [site.device(), site.device()];
  const document = { version: 1, hash: 'd'.repeat(64), desired: { drivers: {} } };
  centre.wish({ documents: [device, other].map(({ owner }) => ({ device: owner.deviceId, document })) });
  while (!site.logLines.some((line) => line.includes('wishes of the centre stored'))) await clock.sleep(20);
  const args = [...argumentsOf(site, device), '-C', '1', '-W', '5'];
  const { stdout } = await run('mosquitto_sub', [...args, '-t', `${devicePrefix(device.owner)}/#`]);
  expect(JSON.parse(stdout)).toEqual(document);
  const refused = await run('mosquitto_sub', [...args, '-t', desiredTopic(other.owner)]).then(
    (done) => done.stdout,
    (failed: { stdout: string }) => failed.stdout,
  );
  expect(refused).toBe('');
});

test.skipIf(missing)('mosquitto_sub that keeps its session gets all that came while it was away, in order and once', async () => {
  const ca = createTestCa(clock.wallMs());
  const centre = await startTestCentre(ca, { siteId: testSiteId });
  const site = await startTestSite({ ca, centreUrl: centre.url });
  cleanUp.push(
    () => centre.close(),
    () => site.close(),
  );
  const device = site.device();
  const args = (): string[] => [...argumentsOf(site, device), '-i', 'keeper', '-c', '-t', desiredTopic(device.owner)];
  await run('mosquitto_sub', [...args(), '-E']);
  const documents = [1, 2, 3].map((version) => ({ version, hash: 'd'.repeat(64), desired: { drivers: {} } }));
  for (const document of documents) {
    centre.wish({ documents: [{ device: device.owner.deviceId, document }] });
    await expect.poll(() => site.metric('mqtt_queued_bytes')).toBeGreaterThan(document.version * 200);
  }
  await site.restart();
  const { stdout } = await run('mosquitto_sub', [...args(), '-C', '3', '-W', '5']);
  const lines = stdout.trim().split('\n');
  expect(lines.map((line) => JSON.parse(line).version)).toEqual([1, 2, 3]);
});
