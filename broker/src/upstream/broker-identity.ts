/** The broker's key and certificate: claimed once with a token, renewed by itself while the old one is good. */
import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Clock, every } from '@tramhoc/base/clock';
import { writeFileAtomic } from '@tramhoc/base/config';
import { centreClient, enrol, type Identity, loadIdentity, newKey, saveIdentity } from '@tramhoc/base/identity';
import type { Log } from '@tramhoc/base/log';
import { isTramError, TramError } from '@tramhoc/protocol/errors';
import { type DeviceId, deviceUrn, type SiteId } from '@tramhoc/protocol/ids';
import { ownerOf } from '../access/tls-listener.ts';
import type { BrokerConfig } from '../broker-config.ts';
import type { CentreLink } from './centre-link.ts';

export type BrokerIdentity = { identity: Identity; siteId: SiteId; deviceId: DeviceId };

const dayMs = 86_400_000;
/** A third of a certificate's life of 365 days: longer than the summer, in which the broker may be off. */
const renewBeforeMs = 120 * dayMs;
const checkMs = 3_600_000;

/** From disk; the first time from the centre. Throws CONFIG_INVALID, CENTRE_UNREACHABLE, CENTRE_REFUSED, CERT_NOT_OURS. */
export async function obtainIdentity(
  { dataDir, centre, claim }: Pick<BrokerConfig, 'dataDir' | 'centre' | 'claim'>,
  log: Log,
): Promise<BrokerIdentity> {
  const stored = loadIdentity(dataDir);
  if (stored !== undefined) return owned(stored);
  if (claim === undefined)
    throw new TramError(
      'CONFIG_INVALID',
      `there is no identity in ${dataDir} and no claim in the config; add the site in the console and put the claim it shows into the config.`,
    );
  // the token is good for one certificate: if the answer gets lost, the centre must see the same key again
  const keyFile = join(dataDir, 'pending-key.pem');
  if (!existsSync(keyFile)) writeFileAtomic(keyFile, newKey().keyPem, { mode: 0o600 });
  const client = centreClient(centre);
  try {
    const identity = await enrol(client, {
      keyPem: readFileSync(keyFile, 'utf8'),
      subject: claim.deviceId,
      basic: { user: claim.deviceId, password: claim.token },
    });
    const whole = owned(identity);
    saveIdentity(dataDir, identity);
    rmSync(keyFile, { force: true });
    log.info({ siteId: whole.siteId, deviceId: whole.deviceId }, 'enrolled at the centre');
    return whole;
  } finally {
    await client.close();
  }
}

function owned(identity: Identity): BrokerIdentity {
  const owner = ownerOf(new X509Certificate(identity.certificatePem));
  if (owner === undefined)
    throw new TramError(
      'CERT_NOT_OURS',
      'the certificate in identity.json names no site of ours; remove the file and claim the site again.',
    );
  return { identity, ...owner };
}

/** Asks for a new certificate, with a new key, when less than 120 days are left. What fails is tried again in an hour. */
export function keepRenewed(options: {
  dataDir: string;
  current: BrokerIdentity;
  centre: CentreLink;
  clock: Clock;
  log: Log;
  onRenewed(identity: Identity): void;
}): { identity(): Identity; check(): Promise<void>; close(): void } {
  const { dataDir, centre, clock, log } = options;
  const { siteId, deviceId } = options.current;
  let { identity } = options.current;
  const check = async (): Promise<void> => {
    if (identity.notAfterMs - clock.wallMs() > renewBeforeMs) return;
    try {
      const next = await enrol(centre.client(), { keyPem: newKey().keyPem, subject: deviceId, uri: deviceUrn({ siteId, deviceId }) });
      const named = owned(next);
      if (named.siteId !== siteId || named.deviceId !== deviceId)
        throw new TramError('CERT_NOT_OURS', 'the centre issued a certificate for another site; look at the site in the console.');
      saveIdentity(dataDir, next);
      identity = next;
      options.onRenewed(next);
      log.info({ notAfter: new Date(next.notAfterMs).toISOString() }, 'the certificate was renewed');
    } catch (err) {
      const daysLeft = Math.floor((identity.notAfterMs - clock.wallMs()) / dayMs);
      log.warn(
        { code: isTramError(err) ? err.code : undefined, daysLeft, err: (err as Error).message },
        'the certificate could not be renewed; tried again',
      );
    }
  };
  const timer = every(clock, checkMs, check);
  void check();
  return { identity: () => identity, check, close: () => timer.cancel() };
}
