/** One agent and one site broker on real TLS, with the cable between them in the test's hand: what an agent promises at that wire. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, systemClock } from '@tramhoc/base/clock';
import { writeFileAtomic } from '@tramhoc/base/config';
import { cardHash, desiredHash } from '@tramhoc/base/digest';
import { loadIdentity, saveIdentity } from '@tramhoc/base/identity';
import { silentLog } from '@tramhoc/base/log';
import { seededRandom, systemRandom } from '@tramhoc/base/random';
import { createTestCa } from '@tramhoc/broker/testing/test-ca';
import { startTestCentre } from '@tramhoc/broker/testing/test-centre';
import { startTestSite, type TestDevice, testSiteId } from '@tramhoc/broker/testing/test-site';
import { type Agent, startAgent } from '@tramhoc/device-agent/agent';
import { deviceUrn } from '@tramhoc/protocol/ids';
import { afterEach, expect, test } from 'vitest';
import { type CardReader, cardReader } from '../world/card-reader.ts';
import { type CuttableLink, cuttableLink } from '../world/cuttable-link.ts';
import { type KioskEar, kioskEar } from '../world/kiosk-ear.ts';
import { scaledClock, scaledTime } from '../world/scaled-clock.ts';
import { untilStatus } from '../world/site-world.ts';
import { until } from '../world/until.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const cardKey = '0b'.repeat(32);
const uidOf = (at: number): string => `14${(0x2000_0000 + at).toString(16).toUpperCase()}`;

type Bench = {
  site: Awaited<ReturnType<typeof startTestSite>>;
  centre: Awaited<ReturnType<typeof startTestCentre>>;
  device: TestDevice;
  cable: CuttableLink;
  reader: CardReader;
  ear: KioskEar;
  agent: Agent;
  dataDir: string;
  stored(type: string): { seq: number; id: string; data: Record<string, unknown> }[];
};

/** Broker, centre, and an agent that was enrolled before, with a card reader in its config. */
async function bench({ clock = systemClock(), notAfterMs }: { clock?: Clock; notAfterMs?: number } = {}): Promise<Bench> {
  const ca = createTestCa(systemClock().wallMs());
  const centre = await startTestCentre(ca, { siteId: testSiteId });
  ends.push(() => centre.close());
  const site = await startTestSite({ ca, centreUrl: centre.url });
  ends.push(() => site.close());
  // a restarted broker comes back where it was
  site.config.mqtt.port = site.broker.mqttPort;
  const device = site.device();
  centre.enrolNames = { uris: [deviceUrn(device.owner)] };
  const cable = await cuttableLink(site.broker.mqttPort);
  ends.push(() => cable.close());
  const reader = await cardReader();
  ends.push(() => reader.close());
  const folder = mkdtempSync(join(tmpdir(), 'agent-broker-'));
  ends.push(() => rmSync(folder, { recursive: true, force: true }));
  const dataDir = join(folder, 'data');
  const { keyPem, certificatePem, chainPem, caPem } = device.identity;
  saveIdentity(join(dataDir, 'identity'), {
    keyPem,
    certificatePem,
    chainPem,
    caPem,
    notAfterMs: notAfterMs ?? device.identity.notAfterMs,
  });
  const grant = {
    ...{ deviceId: device.owner.deviceId, siteId: testSiteId, siteName: 'Trường thử', enrolToken: 't'.repeat(43), cardKey },
    brokerUrl: `mqtts://127.0.0.1:${cable.port}`,
  };
  writeFileAtomic(join(dataDir, 'identity', 'grant.json'), JSON.stringify(grant), { mode: 0o600 });
  const desired = { drivers: { gate: { kind: 'rdm6300', config: { port: `tcp://127.0.0.1:${reader.port}` } } } } as never;
  writeFileAtomic(
    join(dataDir, 'twin.json'),
    JSON.stringify({ document: { version: 1, hash: desiredHash(desired), desired }, running: {} }),
  );
  const caFile = join(folder, 'root.pem');
  writeFileSync(caFile, ca.rootPem);
  const socketPath = join(folder, 'agent.sock');
  const agent = await startAgent(
    { dataDir, name: 'Cổng', centre: { url: centre.url, caFile }, localLink: { path: socketPath } },
    { clock, random: systemRandom(), log: silentLog },
  );
  ends.push(() => agent.close());
  const ear = kioskEar(socketPath);
  ends.push(() => ear.close());
  await untilStatus(agent, 'connected, reader open', ({ brokerConnected, slots }) => brokerConnected && slots[0]?.state === 'open');
  await until('the kiosk listens', () => ear.connected() && reader.connected());
  const stored: Bench['stored'] = (type) =>
    centre.stored.filter((event) => event.type === type && event.source === deviceUrn(device.owner)) as never;
  return { site, centre, device, cable, reader, ear, agent, dataDir, stored };
}
const acceptedIds = ({ ear }: Bench): string[] => ear.heard.flatMap((notice) => (notice.notice === 'tap.accepted' ? [notice.tapId] : []));

test('whatever the cable and the broker do while a school comes in, every tap arrives once and in order', async () => {
  const it = await bench();
  const seed = Date.now() % 1_000_000;
  const random = seededRandom(seed);
  let card = 0;
  for (let fault = 0; fault < 6; fault += 1) {
    for (let count = 0; count < 25; count += 1) {
      it.reader.present(uidOf(card));
      card += 1;
      await new Promise((resolve) => setTimeout(resolve, random.fraction() * 12));
    }
    if (fault % 3 === 2) await it.site.restart();
    else await it.cable.cut();
    for (let count = 0; count < 10; count += 1) it.reader.present(uidOf(card + count));
    card += 10;
    await new Promise((resolve) => setTimeout(resolve, random.fraction() * 300));
    await it.cable.mend();
  }
  await until('every card was accepted', () => acceptedIds(it).length === card);
  await until('everything is at the centre', () => it.stored('vn.tramhoc.attendance.tap.v1').length === card, 40_000);
  const taps = it.stored('vn.tramhoc.attendance.tap.v1');
  expect({ seed, ids: taps.map(({ id }) => id) }).toEqual({ seed, ids: acceptedIds(it) });
  const seqs = it.centre.stored.filter(({ source }) => source === deviceUrn(it.device.owner)).map(({ seq }) => seq as number);
  expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
  await untilStatus(it.agent, 'nothing waits', ({ pendingEvents }) => pendingEvents === 0);
});

test('a known card is greeted by name, another is not, and without the line the tap counts and says that nobody could be asked', async () => {
  const it = await bench();
  const holder = { cardHash: cardHash({ cardKey, number: uidOf(1) }), personId: 'HS1', name: 'Nguyễn Thị Ngọc An', group: '10A1' };
  it.centre.wish({ roster: { version: 1, holders: [holder] } });
  const whoOf = async (at: number) => {
    const before = it.ear.heard.length;
    it.reader.present(uidOf(at));
    return until(
      'the card is identified',
      () => it.ear.heard.slice(before).flatMap((notice) => (notice.notice === 'tap.identified' ? [notice.who] : []))[0],
    );
  };
  let known = 1_000;
  // the list is on its way: strangers until it is there
  await until('the card list is at the site', async () => (await whoOf(known++)).result === 'unknown');
  expect(
    await until('the list is used', async () => {
      const who = await whoOf(1);
      return who.result === 'known' ? who : undefined;
    }),
  ).toEqual({ result: 'known', name: 'Nguyễn Thị Ngọc An', group: '10A1' });
  await it.cable.cut();
  await untilStatus(it.agent, 'the line is down', ({ brokerConnected }) => !brokerConnected);
  expect(await whoOf(2_000)).toEqual({ result: 'offline' });
});

test('the site’s time is compared as soon as there is a line', async () => {
  const it = await bench();
  const { clockQuality } = await untilStatus(
    it.agent,
    'the clock was compared',
    ({ clockQuality }) => clockQuality === 'site' || clockQuality === 'ntp',
  );
  it.reader.present(uidOf(1));
  await until('the tap is stored', () => it.stored('vn.tramhoc.attendance.tap.v1').length === 1);
  expect(it.stored('vn.tramhoc.attendance.tap.v1')[0]).toMatchObject({ clockquality: clockQuality, sitetimemethod: 'same-boot' });
});

test('a certificate with ten days left is renewed, used once it has connected, and the old one is kept until then', async () => {
  const nowMs = systemClock().wallMs();
  const it = await bench({ notAfterMs: nowMs + 10 * 86_400_000 });
  const left = await untilStatus(
    it.agent,
    'the renewed certificate is in use',
    ({ enrolment, brokerConnected }) =>
      brokerConnected && enrolment.state === 'enrolled' && enrolment.certificateNotAfterMs > nowMs + 300 * 86_400_000,
  );
  expect(left.enrolment.state).toBe('enrolled');
  expect(it.centre.enrolled).toEqual([{ authorization: undefined, withCertificate: true }]);
  const identity = await until('it is the identity on disk', () => {
    const now = loadIdentity(join(it.dataDir, 'identity'))!;
    return now.certificatePem === it.device.identity.certificatePem ? undefined : now;
  });
  expect(identity.keyPem).toBe(it.device.identity.keyPem);
  expect(loadIdentity(join(it.dataDir, 'identity', 'next'))).toBeUndefined();
  it.reader.present(uidOf(1));
  await until('taps go on under it', () => it.stored('vn.tramhoc.attendance.tap.v1').length === 1);
});

test('a device that was revoked says so and closes its slots, and a broker that only went away is waited for', async () => {
  // half a minute of refusals passes in half a second
  const it = await bench({ clock: scaledClock(scaledTime(60)) });
  await it.cable.cut();
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  expect(it.agent.status().enrolment.state).toBe('enrolled');
  await it.cable.mend();
  await untilStatus(it.agent, 'it is back', ({ brokerConnected }) => brokerConnected);
  it.centre.wish({ revocations: [{ device: it.device.owner.deviceId, revokedAtMs: systemClock().wallMs(), reason: 'mất máy' }] });
  await untilStatus(it.agent, 'it knows', ({ enrolment, slots }) => enrolment.state === 'revoked' && slots.length === 0);
  expect(it.reader.connected()).toBe(false);
});
