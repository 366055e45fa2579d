/** The path down: a config set at the centre reaches the driver and its report comes back, whenever the device is there. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cuttableLink } from '../world/cuttable-link.ts';
import { openWorld, type Site, untilStatus, type World } from '../world/site-world.ts';
import { until } from '../world/until.ts';

type Detail = {
  twin: string;
  twinView: {
    desiredVersion: number;
    reportedVersion: number | null;
    reported: { drivers: Record<string, { kind: string; config: Record<string, unknown> }> } | null;
    errors: { key: string; code: string; message: string }[];
  };
};

let world: World;
let site: Site;
let reader: Awaited<ReturnType<typeof cuttableLink>>;
let deviceId = '';

beforeAll(async () => {
  world = await openWorld();
  site = await world.addSite();
  // a port that can be connected to: what is behind it does not matter here
  reader = await cuttableLink(Number(new URL(world.centre.consoleUrl).port));
  ({ deviceId } = await site.enrolledAgent('gate'));
});
afterAll(async () => {
  await reader?.close();
  await world?.close();
});

const detail = (): Promise<Detail> => world.api<Detail>('GET', `/api/devices/${deviceId}`);
const wish = async (config: Record<string, unknown>, kind = 'rdm6300'): Promise<number> => {
  const { desiredVersion } = (await detail()).twinView;
  const view = await world.api<{ desiredVersion: number }>('PUT', `/api/devices/${deviceId}/desired`, {
    ifVersion: desiredVersion,
    desired: { drivers: { 'gate-reader': { kind, config } } },
  });
  return view.desiredVersion;
};
const reportOf = (version: number): Promise<Detail> =>
  until(`a report of version ${version}`, async () => {
    const now = await detail();
    return now.twinView.reportedVersion === version ? now : undefined;
  });

test('a config reaches the driver and the report comes back', async () => {
  const version = await wish({ port: `tcp://127.0.0.1:${reader.port}` });
  const { twin, twinView } = await reportOf(version);
  expect(twin).toBe('converged');
  expect(twinView.reported?.drivers['gate-reader']?.config).toMatchObject({ port: `tcp://127.0.0.1:${reader.port}` });
});

test('a wrong value is refused for its key and the old config goes on', async () => {
  const version = await wish({ port: `tcp://127.0.0.1:${reader.port}`, checksum: 'md5' });
  const { twin, twinView } = await reportOf(version);
  expect(twin).toBe('refused');
  expect(twinView.errors).toHaveLength(1);
  expect(twinView.errors[0]).toMatchObject({ key: 'drivers.gate-reader.config.checksum', code: 'DRIVER_CONFIG_INVALID' });
  expect(twinView.reported?.drivers['gate-reader']?.config).not.toMatchObject({ checksum: 'md5' });
});

test('an unknown driver is refused by name', async () => {
  const version = await wish({ port: '/dev/ttyUSB0' }, 'no-such-driver');
  const { twinView } = await reportOf(version);
  expect(twinView.errors[0]).toMatchObject({ code: 'DRIVER_UNKNOWN' });
});

test('a device that was off gets what it missed, only the last of it', async () => {
  const other = await site.enrolledAgent('library');
  await other.agent.close();
  let version = 0;
  for (const checksum of ['sum', 'xor', 'sum'])
    ({ desiredVersion: version } = await world.api<{ desiredVersion: number }>('PUT', `/api/devices/${other.deviceId}/desired`, {
      ifVersion: version,
      desired: { drivers: { desk: { kind: 'rdm6300', config: { port: `tcp://127.0.0.1:${reader.port}`, checksum } } } },
    }));
  const { agent } = await site.startAgent('library');
  await untilStatus(agent, 'the slot opened', ({ slots }) => slots.some(({ slot, state }) => slot === 'desk' && state === 'open'));
  const view = await until('the report of the last version', async () => {
    const now = await world.api<Detail>('GET', `/api/devices/${other.deviceId}`);
    return now.twinView.reportedVersion === version ? now.twinView : undefined;
  });
  expect(view.reported?.drivers['desk']?.config).toMatchObject({ checksum: 'sum' });
});

test('a document also waits for the device while the broker was started anew', async () => {
  const version = await wish({ port: `tcp://127.0.0.1:${reader.port}`, checksum: 'sum' });
  await reportOf(version);
  await site.stopBroker();
  const next = await wish({ port: `tcp://127.0.0.1:${reader.port}`, checksum: 'xor' });
  await site.startBroker();
  expect((await reportOf(next)).twin).toBe('converged');
});

test('two people who change the same config do not overwrite each other', async () => {
  const { desiredVersion } = (await detail()).twinView;
  await wish({ port: `tcp://127.0.0.1:${reader.port}`, checksum: 'sum' });
  await expect(
    world.api('PUT', `/api/devices/${deviceId}/desired`, { ifVersion: desiredVersion, desired: { drivers: {} } }),
  ).rejects.toThrow(/TWIN_VERSION_CONFLICT/);
});
