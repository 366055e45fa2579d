/** The ground a city stands on: a certificate authority, brokers with certificates, their places in the registry, and ingest processes. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '@tramhoc/base/clock';
import { newKey } from '@tramhoc/base/identity';
import { silentLog } from '@tramhoc/base/log';
import { systemRandom } from '@tramhoc/base/random';
import { type DeviceId, deviceUrn, type SiteId } from '@tramhoc/protocol/ids';
import { openCertificateAuthority } from '@tramhoc/provisioning/ca/certificate-authority';
import type { Postgres } from '@tramhoc/provisioning/event-log/postgres-connection';
import { nodeFlagsOf } from '../../scripts/tramhoc-commands.ts';
import { type Running, startServer } from './child.ts';

export type Broker = { siteId: SiteId; brokerId: DeviceId };
export type City = {
  brokers: readonly Broker[];
  identities: { key: string; cert: string }[];
  serials: string[];
  certificates: string;
  caFile: string;
};

/** One certificate authority, one key for all sites: making 2,400 keys is not what is measured. */
export async function foundCity(folder: string, brokers: readonly Broker[]): Promise<City> {
  const authority = await openCertificateAuthority(folder, 'City', { clock: systemClock(), random: systemRandom(), log: silentLog });
  const certificates = join(folder, 'ca');
  await authority.serverIdentity(['localhost', '127.0.0.1']);
  const { keyPem, spki } = newKey();
  const city: City = { brokers, identities: [], serials: [], certificates, caFile: authority.rootCaFile };
  for (const { siteId, brokerId } of brokers) {
    const urn = deviceUrn({ siteId, deviceId: brokerId });
    const made = await authority.issue({ commonName: brokerId, publicKey: spki, leaf: { use: 'broker', urn, hosts: ['localhost'] } });
    city.identities.push({ key: keyPem, cert: `${made.certificate.toString('pem')}\n${authority.deviceCaPem}` });
    city.serials.push(made.serial);
  }
  return city;
}

export async function register(postgres: Postgres, { brokers, serials }: City): Promise<void> {
  const ids = brokers.map(({ brokerId }) => brokerId);
  await postgres.query({
    text: `INSERT INTO registry_devices (device_id, site_id, role, state) SELECT d, s, 'broker', 'active' FROM unnest($1::uuid[], $2::text[]) AS t (d, s)`,
    values: [ids, brokers.map(({ siteId }) => siteId)],
  });
  await postgres.query({
    text: `INSERT INTO registry_certificates (serial, device_id, withdrawn) SELECT s, d, false FROM unnest($1::text[], $2::uuid[]) AS t (s, d)`,
    values: [serials, ids],
  });
}

/** As docs/runbooks/postgresql.md says how to run it. */
export async function startIngest(folder: string, { certificates }: City, url: string): Promise<Running> {
  const config = join(mkdtempSync(join(folder, 'ingest-')), 'ingest.json');
  writeFileSync(
    config,
    JSON.stringify({
      ...{ eventLog: { kind: 'postgresql', url }, certificates },
      ...{ devices: { host: '127.0.0.1', port: 0 }, status: { host: '127.0.0.1', port: 0 } },
    }),
  );
  const program = 'provisioning/src/ingest-process/main.ts';
  return await startServer([...nodeFlagsOf(program), join(import.meta.dirname, '..', '..', program), '--config', config]);
}
