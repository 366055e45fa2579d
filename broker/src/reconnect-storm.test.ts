/** The power comes back: every device of a large site connects in the same moment, and one is there already. */
import { connect } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { accessLimits } from './access/tls-listener.ts';
import { startTestSite, type TestSite } from './testing/test-site.ts';

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).toReversed()) await step();
});
async function site(options: Parameters<typeof startTestSite>[0]): Promise<TestSite> {
  const started = await startTestSite(options);
  cleanUp.push(() => started.close());
  return started;
}

const stormSize = 300;

test('three hundred devices at once are all served, and one that is connected already is answered all the while', async () => {
  // one address for all of them, as behind a router; the site's own pace stays
  const limits = { ...accessLimits, handshakes: { burst: 20, perSecond: 100 }, handshakesPerAddress: { burst: 1_000, perSecond: 1_000 } };
  const running = await site({ limits });
  const early = running.device();
  const client = await early.open();
  const devices = Array.from({ length: stormSize }, () => running.device());
  let served = 0;
  const storm = Promise.all(
    devices.map(async (device) => {
      const opened = await device.open();
      expect(opened.returnCode).toBe(0);
      const answer = await opened.publish(device.topic, JSON.stringify([device.event()]));
      served += 1;
      return answer;
    }),
  );
  const waits: number[] = [];
  while (served < stormSize) {
    const before = served;
    expect(await client.publish(early.topic, JSON.stringify([early.event()]))).toBe('acknowledged');
    waits.push(served - before);
  }
  expect(new Set(await storm)).toEqual(new Set(['acknowledged']));
  // while it waited for one answer, a small part of the storm was served, never the whole
  expect(Math.max(...waits)).toBeLessThan(stormSize / 3);
  expect(waits.length).toBeGreaterThan(10);
  expect(running.logLines.filter((line) => line.includes('rate-limit'))).toEqual([]);
}, 60_000);

test('a crowd that connects and says nothing waits at the door, and a device gets in', async () => {
  const limits = { ...accessLimits, handshakes: { burst: 5, perSecond: 50 }, waitMs: 3_000, handshakeMs: 1_000 };
  const running = await site({ limits });
  const { mqttPort: port } = running.broker;
  const silent = Array.from({ length: 100 }, () => connect({ port, host: '127.0.0.1' }));
  const closed = Promise.all(
    silent.map((socket) => {
      socket.on('error', () => undefined);
      socket.resume();
      return new Promise((resolve) => socket.once('close', resolve));
    }),
  );
  const device = running.device();
  const client = await device.open();
  expect(await client.publish(device.topic, JSON.stringify([device.event()]))).toBe('acknowledged');
  await closed;
}, 30_000);
