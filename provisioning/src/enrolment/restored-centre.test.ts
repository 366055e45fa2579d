/** What a centre that was put back from a copy makes of certificates that it gave after the copy: docs/runbooks/restore.md, "After restoring a centre". */
import { rmSync } from 'node:fs';
import { makeBackup } from '@tramhoc/base/backup';
import { centreClient, enrol, newKey } from '@tramhoc/base/identity';
import { restoreBackup } from '@tramhoc/base/restore';
import { deviceUrn, type SiteId } from '@tramhoc/protocol/ids';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Enrolled, siteA, siteB, type TestCentre, testCentre } from '../testing/test-centre.ts';
import { made } from '../testing/test-events.ts';

let hall: TestCentre;
let copies: string;
let open: Enrolled['client'][];
beforeEach(async () => {
  hall = await testCentre();
  copies = `${hall.dataDir}-copies`;
  open = [];
});
afterEach(async () => {
  await Promise.all(open.map((client) => client.close()));
  await hall.stop();
  rmSync(copies, { recursive: true, force: true });
});

const copy = (): string => makeBackup({ dataDir: hall.dataDir, to: copies, version: 'test', wallMs: hall.clock.wallMs() }).folder;
async function restore(from: string): Promise<void> {
  await hall.centre.close();
  restoreBackup({ from, dataDir: hall.dataDir, replace: true, wallMs: hall.clock.wallMs() });
  await hall.restart();
}
/** The device at the centre as it is now. */
function online(device: Enrolled, identity = device.identity): Enrolled {
  const client = centreClient({ url: hall.centre.devicesUrl, caFile: hall.centre.rootCaFile }, identity);
  open.push(client);
  return { deviceId: device.deviceId, identity, client };
}
async function renewed(device: Enrolled, siteId: SiteId = siteA): Promise<Enrolled> {
  const { deviceId } = device;
  const identity = await enrol(online(device).client, {
    ...{ keyPem: newKey().keyPem, subject: deviceId, uri: deviceUrn({ siteId, deviceId }) },
  });
  return online(device, identity);
}
async function claimed(): Promise<Enrolled> {
  const { claimUser, claimToken } = (await hall.ask({ method: 'POST', path: `/api/sites/${siteA}/claim` })) as {
    claimUser: Enrolled['deviceId'];
    claimToken: string;
  };
  const bare = centreClient({ url: hall.centre.devicesUrl, caFile: hall.centre.rootCaFile });
  open.push(bare);
  const identity = await enrol(bare, { keyPem: newKey().keyPem, subject: claimUser, basic: { user: claimUser, password: claimToken } });
  return online({ deviceId: claimUser, identity, client: bare });
}
const site = (device: Enrolled) => hall.devices('GET', '/v1/site', { client: online(device).client });
const refused = (code: string) => ({ code: 'CENTRE_REFUSED', details: { code, status: 403 } });
type Audit = { entries: { actor: string; action: string; target: string; details: Record<string, string> }[] };
const adopted = async () =>
  ((await hall.ask({ method: 'GET', path: '/api/audit' })) as Audit).entries.filter(({ action }) => action === 'certificate-adopted');

test('a broker and an agent that renewed after the copy deliver and renew again, and it is on record that their certificates were taken', async () => {
  const [broker, agent] = [await hall.broker(), await hall.agent()];
  const events = [broker, agent].map(({ deviceId }) => made({ siteId: siteA, deviceId, seq: 1 }));
  const folder = copy();
  const [brokerThen, agentThen] = [await renewed(broker), await renewed(agent)];
  expect(await hall.send(brokerThen, events)).toMatchObject({ accepted: 2 });
  await restore(folder);
  for (const accepted of [2, 0]) expect(await hall.send(online(brokerThen), events)).toMatchObject({ accepted, repeated: 2 - accepted });
  const [brokerNow, agentNow] = [await renewed(brokerThen), await renewed(agentThen)];
  expect(await site(brokerNow)).toMatchObject({ status: 200 });
  await renewed(agentNow);
  expect((await adopted()).map(({ target, actor }) => [target, actor])).toEqual(
    [agent, broker].map(({ deviceId }) => [deviceId, `device:${deviceId}`]),
  );
  // and they are known from now on, also to the next centre
  await hall.clock.advance(1_000);
  await restore(copy());
  expect(await site(brokerThen)).toMatchObject({ status: 200 });
  expect(await adopted()).toHaveLength(2);
});

test('a device that this centre knows as revoked stays out with a certificate that it does not know', async () => {
  const [broker, agent] = [await hall.broker(), await hall.agent()];
  const folder = copy();
  const [brokerThen, agentThen] = [await renewed(broker), await renewed(agent)];
  await restore(folder);
  for (const { deviceId } of [broker, agent])
    await hall.ask({ method: 'POST', path: `/api/devices/${deviceId}/revoke`, body: { reason: 'again' } });
  expect(await site(brokerThen)).toMatchObject({ status: 403, json: { code: 'SITE_REVOKED' } });
  await expect(renewed(agentThen)).rejects.toMatchObject(refused('DEVICE_REVOKED'));
  expect(await adopted()).toEqual([]);
});

test('a forgotten certificate that was made before the last claim was used is one of the machine that was replaced', async () => {
  const first = await hall.broker();
  const beforeRenewal = copy();
  const stolen = await renewed(first);
  await restore(beforeRenewal);
  await hall.clock.advance(60_000);
  const now = await claimed();
  expect(await site(stolen)).toMatchObject({ status: 403, json: { code: 'CERT_NOT_OURS' } });
  await expect(renewed(stolen)).rejects.toMatchObject(refused('CERT_NOT_OURS'));
  expect(await site(now)).toMatchObject({ status: 200 });
  // another claim that nobody has used yet does not bring it back
  await hall.ask({ method: 'POST', path: `/api/sites/${siteA}/claim` });
  expect(await site(stolen)).toMatchObject({ status: 403, json: { code: 'CERT_NOT_OURS' } });
});

test('what was enrolled after the copy is unknown, and is told what to do', async () => {
  await hall.broker();
  const folder = copy();
  const [late, agent] = [await hall.broker(siteB), await hall.agent()];
  await restore(folder);
  for (const device of [late, agent])
    expect(await site(device)).toMatchObject({
      status: 403,
      json: { code: 'CERT_NOT_OURS', detail: expect.stringMatching(/does not know this device.*enrol it again/) },
    });
  await expect(renewed(agent)).rejects.toMatchObject(refused('CERT_NOT_OURS'));
  expect(await adopted()).toEqual([]);
});
