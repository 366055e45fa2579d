/** Gives certificates: the first one for a claim token, later ones for the certificate a device has. Source: RFC 7030, 4.2. */
import { timingSafeEqual } from 'node:crypto';
import type { Clock } from '@tramhoc/base/clock';
import { keyFingerprint, sha256Hex } from '@tramhoc/base/digest';
import type { Log } from '@tramhoc/base/log';
import { TramError } from '@tramhoc/protocol/errors';
import { type DeviceId, deviceUrn } from '@tramhoc/protocol/ids';
import type { AuditLog } from '../audit/audit-log.ts';
import type { CertificateAuthority } from '../ca/certificate-authority.ts';
import type { LeafUse, NewCertificate } from '../ca/certificate-profile.ts';
import { readSigningRequest } from '../ca/csr.ts';
import type { CentreStore } from '../store/centre-store.ts';
import type { DeviceRow } from '../store/device-store.ts';
import type { ClaimRow } from '../store/enrolment-store.ts';
import type { DeviceIdentity } from './device-identity.ts';

/** A device whose answer was lost sends the same request again and gets the same certificate, this long. */
const repeatMs = 10 * 60_000;

export type EstDesk = ReturnType<typeof estDesk>;
export type EstDeskParts = {
  store: CentreStore;
  authority: CertificateAuthority;
  clock: Clock;
  log: Log;
  audit: AuditLog;
  changed: (device: DeviceRow) => void;
};

export function estDesk({ store, authority, clock, log, audit, changed }: EstDeskParts) {
  const { enrolments, devices, sites, db } = store;

  const checkedClaim = (deviceId: string, token: string): { claim: ClaimRow; device: DeviceRow } => {
    const claim = enrolments.claim(deviceId);
    const device = devices.get(deviceId);
    if (claim === undefined || device === undefined || !sameHash(claim.token_hash, sha256Hex(token)))
      throw new TramError('ENROL_DENIED', 'device id and enrolment token do not fit; ask for a new code and be approved again.');
    if (device.state === 'revoked') throw new TramError('DEVICE_REVOKED', 'this device is revoked; enrol it anew with a new key.');
    if (clock.wallMs() >= claim.expires_ms)
      throw new TramError('ENROL_CODE_EXPIRED', 'the enrolment token has expired; ask for a new one.');
    return { claim, device };
  };

  /**
   * Gives the certificate in DER. Throws ENROL_DENIED, ENROL_CODE_EXPIRED, DEVICE_REVOKED, CSR_INVALID, ENROL_KEY_MISMATCH, and CONFLICT when the
   * token was used for another request.
   */
  const enrol = async (
    { deviceId, token, csr }: { deviceId: string; token: string; csr: string },
    address: string,
  ): Promise<Uint8Array> => {
    checkedClaim(deviceId, token);
    const request = await readSigningRequest(csr);
    const csrHash = sha256Hex(request.publicKey);
    const fingerprint = keyFingerprint(request.publicKey);
    const { claim, device } = checkedClaim(deviceId, token);
    if (claim.fingerprint !== null && claim.fingerprint !== fingerprint)
      throw new TramError('ENROL_KEY_MISMATCH', 'the request is for another key than the one that was approved; enrol with that key.');
    if (claim.used_ms !== null) return issuedBefore(claim, csrHash);
    const made = await authority.issue({ commonName: device.device_id, publicKey: request.publicKey, leaf: leafFor(device) });
    return db.transaction(() => {
      // signing took a while: revoked or used in the meantime?
      const now = checkedClaim(deviceId, token);
      const certificate = derOf(made);
      if (
        !enrolments.useClaim(device.device_id, {
          csrHash,
          usedMs: clock.wallMs(),
          certificate: Buffer.from(certificate).toString('base64'),
        })
      )
        return issuedBefore(now.claim, csrHash);
      devices.withdrawCertificates(device.device_id, clock.wallMs());
      enrolments.issuedTo(device.device_id);
      record(device, made, fingerprint, address);
      return certificate;
    });
  };

  const issuedBefore = (claim: ClaimRow, csrHash: string): Uint8Array => {
    if (claim.csr_hash === csrHash && claim.certificate !== null && clock.wallMs() - claim.used_ms! < repeatMs)
      return Buffer.from(claim.certificate, 'base64');
    throw new TramError('CONFLICT', 'this enrolment token was used already; ask for a new one.');
  };

  /** The next certificate of a device, for the key in the request. Throws CSR_INVALID (also for another subject), DEVICE_REVOKED. */
  const reenrol = async (identity: DeviceIdentity, csr: string, address: string): Promise<Uint8Array> => {
    const request = await readSigningRequest(csr);
    const urn = deviceUrn(identity);
    if (
      request.commonName !== identity.deviceId ||
      request.alternativeNames.some((name) => name.startsWith('url:') && name !== `url:${urn}`)
    )
      throw new TramError(
        'CSR_INVALID',
        `the request must name the subject of the present certificate: CN=${identity.deviceId}, URI ${urn}.`,
      );
    const device = devices.get(identity.deviceId)!;
    const made = await authority.issue({ commonName: device.device_id, publicKey: request.publicKey, leaf: leafFor(device) });
    db.transaction(() => {
      if (devices.get(device.device_id)!.state === 'revoked') throw new TramError('DEVICE_REVOKED', 'this device is revoked.');
      record(device, made, keyFingerprint(request.publicKey), address);
    });
    return derOf(made);
  };

  const record = (device: DeviceRow, made: NewCertificate, fingerprint: string, address: string): void => {
    const nowMs = clock.wallMs();
    devices.addCertificate({
      serial: made.serial,
      device_id: device.device_id,
      fingerprint,
      issued_ms: nowMs,
      not_after_ms: made.notAfterMs,
    });
    devices.setKey(device.device_id, fingerprint);
    audit.note({
      actor: `device:${device.device_id}`,
      address,
      action: 'certificate-issued',
      target: device.device_id,
      details: { serial: made.serial, fingerprint },
    });
    log.info({ deviceId: device.device_id, siteId: device.site_id, serial: made.serial }, 'certificate issued');
    changed(device);
  };

  const leafFor = (device: DeviceRow): LeafUse => {
    const urn = deviceUrn({ siteId: device.site_id, deviceId: device.device_id });
    return device.role === 'agent'
      ? { use: 'device', urn }
      : { use: 'broker', urn, hosts: brokerHosts(sites.get(device.site_id)!.broker_host) };
  };
  return { enrol, reenrol, claimFor: (deviceId: DeviceId) => enrolments.claim(deviceId) };
}

const loopback = ['localhost', '127.0.0.1', '::1'];
/** A broker on the loopback interface is reached by any of its names. */
export function brokerHosts(brokerHost: string): readonly string[] {
  return loopback.includes(brokerHost) ? loopback : [brokerHost];
}

const derOf = (made: NewCertificate): Uint8Array => new Uint8Array(made.certificate.rawData);

function sameHash(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}
