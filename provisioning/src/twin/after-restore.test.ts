import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { restoredName } from '@tramhoc/base/backup';
import { silentLog } from '@tramhoc/base/log';
import { expect, test } from 'vitest';
import { openCentreStore } from '../store/centre-store.ts';
import { siteA, testCentre } from '../testing/test-centre.ts';
import { tellSitesAll } from './after-restore.ts';

test('a site that had seen more than the copy knows gets everything, also what the restored centre counts anew', async () => {
  const hall = await testCentre();
  const broker = await hall.broker();
  const { deviceId } = await hall.agent();
  const wish = async (port: string): Promise<void> => {
    const { twinView } = (await hall.ask({ method: 'GET', path: `/api/devices/${deviceId}` })) as { twinView: { desiredVersion: number } };
    const desired = { drivers: { gate: { kind: 'rdm6300', config: { port } } } };
    await hall.ask({ method: 'PUT', path: `/api/devices/${deviceId}/desired`, body: { ifVersion: twinView.desiredVersion, desired } });
  };
  await wish('/dev/ttyUSB0');
  const csv = Buffer.from('so_the;ma;ho_ten;lop\n14008EC793;HS1;An;10A1\n');
  await hall.ask({ method: 'POST', path: `/api/sites/${siteA}/cards`, csv });
  const before = await hall.desired(broker, 0);
  // as a copy that is put back: the site has seen three changes that are not in it
  const seen = before.cursor + 3;
  writeFileSync(join(hall.dataDir, restoredName), '{}');
  const store = openCentreStore(hall.dataDir);
  tellSitesAll(store, hall.dataDir, silentLog);
  tellSitesAll(store, hall.dataDir, silentLog);
  store.close();
  const [same] = (await hall.desired(broker, seen)).documents;
  expect(same!.document.version).toBeGreaterThan(1_000);
  expect(same!.document.hash).toBe(before.documents[0]!.document.hash);
  for (const port of ['/dev/ttyUSB1', '/dev/ttyUSB2', '/dev/ttyUSB3', '/dev/ttyUSB4']) await wish(port);
  const after = await hall.desired(broker, seen);
  expect(after.documents.map(({ document }) => document.desired)).toEqual([
    { drivers: { gate: { kind: 'rdm6300', config: { port: '/dev/ttyUSB4' } } } },
  ]);
  expect(after.roster?.holders).toHaveLength(1);
  expect((await hall.desired(broker, after.cursor - 1)).roster).toBeUndefined();
  await hall.stop();
}, 30_000);

test('a copy that is put back twice passes what was said after the first time as well', async () => {
  const hall = await testCentre();
  await hall.broker();
  const { deviceId } = await hall.agent();
  const versionAfter = (restoredAt: string): number => {
    writeFileSync(join(hall.dataDir, restoredName), JSON.stringify({ restoredAt }));
    const store = openCentreStore(hall.dataDir);
    try {
      return store.db.transaction(() => {
        tellSitesAll(store, hall.dataDir, silentLog);
        const { version } = store.twins.desired(deviceId)!;
        throw new Rollback(version);
      });
    } catch (rollback) {
      if (!(rollback instanceof Rollback)) throw rollback;
      return rollback.version;
    } finally {
      store.close();
    }
  };
  const desired = { drivers: { gate: { kind: 'rdm6300', config: { port: '/dev/ttyUSB0' } } } };
  await hall.ask({ method: 'PUT', path: `/api/devices/${deviceId}/desired`, body: { ifVersion: 0, desired } });
  // each time the same copy
  const first = versionAfter('2026-11-23T08:00:00.000Z');
  const second = versionAfter('2026-11-23T08:01:00.000Z');
  expect(second).toBe(first + 60);
  await hall.stop();
}, 30_000);

/** Ends a transaction without a trace: as if the copy were put back once more. */
class Rollback extends Error {
  readonly version: number;
  constructor(version: number) {
    super('put back');
    this.version = version;
  }
}
