/** Gives certificates: the first one for a claim token, later ones for the certificate a device has. Source: RFC 7030, 4.2. */
import { timingSafeEqual } from 'node:crypto';
import type { Clock } from '@tramhoc/base/clock';
import { keyFingerprint, sha256Hex } from '@tramhoc/base/digest';
import type { Log } from '@tramhoc/base/log';
import { TramError } from '@tramhoc/protocol/errors';
import { deviceUrn } from '@tramhoc/protocol/ids';
import type { AuditLog } from '../audit/audit-log.ts';
import type { CertificateAuthority } from '../ca/certificate-authority.ts';
import { issuedAtMs, type LeafUse, type NewCertificate } from '../ca/certificate-profile.ts';
import { readSigningRequest } from '../ca/csr.ts';
import type { CentreStore } from '../store/centre-store.ts';
import type { DeviceRow } from '../store/device-store.ts';
import type { ClaimRow } from '../store/enrolment-store.ts';
import { type Adopt, type DeviceIdentity, signedBy } from './device-identity.ts';

/** A device whose answer was lost sends the same request again and gets the same certificate, this long. */
const repeatMs = 10 * 60_000;

export type EstDesk = {
  /**
   * The first certificate, in DER. Throws ENROL_DENIED, ENROL_CODE_EXPIRED, DEVICE_REVOKED, CSR_INVALID, ENROL_KEY_MISMATCH, and CONFLICT when the
   * token was used for another request.
   */
  enrol(request: { deviceId: string; token: string; csr: string }, address: string): Promise<Uint8Array>;
  /** The next certificate of a device, for the key in the request. Throws CSR_INVALID (also for another subject), DEVICE_REVOKED. */
  reenrol(identity: DeviceIdentity, csr: string, address: string): Promise<Uint8Array>;
  /**
   * A centre that was put back from a copy has forgotten the certificates that it made since. One of an active device is entered again, unless it has
   * ended or was made before the device's last claim was used, which ended all earlier ones.
   */
  adopt: Adopt;
};
export type EstDeskParts = {
  store: CentreStore;
  authority: CertificateAuthority;
  clock: Clock;
  log: Log;
  audit: AuditLog;
  changed: (device: DeviceRow) => void;
};

export function estDesk(parts: EstDeskParts): EstDesk {
  const { store, authority, clock } = parts;
  const { enrolments, devices, db } = store;
  return {
    async enrol({ deviceId, token, csr }, address) {
      checkedClaim(parts, deviceId, token);
      const request = await readSigningRequest(csr);
      const csrHash = sha256Hex(request.publicKey);
      const fingerprint = keyFingerprint(request.publicKey);
      const { claim, device } = checkedClaim(parts, deviceId, token);
      if (claim.fingerprint !== null && claim.fingerprint !== fingerprint)
        throw new TramError('ENROL_KEY_MISMATCH', 'the request is for another key than the one that was approved; enrol with that key.');
      if (claim.used_ms !== null) return issuedBefore(claim, csrHash, clock.wallMs());
      const made = await authority.issue({ commonName: device.device_id, publicKey: request.publicKey, leaf: leafFor(store, device) });
      return db.transaction(() => {
        // signing took a while: revoked or used in the meantime?
        const now = checkedClaim(parts, deviceId, token);
        const certificate = derOf(made);
        const use = { csrHash, usedMs: clock.wallMs(), certificate: Buffer.from(certificate).toString('base64') };
        if (!enrolments.useClaim(device.device_id, use)) return issuedBefore(now.claim, csrHash, clock.wallMs());
        devices.withdrawCertificates(device.device_id, clock.wallMs());
        enrolments.issuedTo(device.device_id);
        record(parts, device, { ...made, issuedMs: clock.wallMs() }, { action: 'certificate-issued', fingerprint, address });
        return certificate;
      });
    },
    async reenrol(identity, csr, address) {
      const request = await readSigningRequest(csr);
      const urn = deviceUrn(identity);
      const otherUri = request.alternativeNames.some((name) => name.startsWith('url:') && name !== `url:${urn}`);
      if (request.commonName !== identity.deviceId || otherUri)
        throw new TramError(
          'CSR_INVALID',
          `the request must name the subject of the present certificate: CN=${identity.deviceId}, URI ${urn}.`,
        );
      const device = devices.get(identity.deviceId)!;
      const made = await authority.issue({ commonName: device.device_id, publicKey: request.publicKey, leaf: leafFor(store, device) });
      db.transaction(() => {
        if (devices.get(device.device_id)!.state === 'revoked') throw new TramError('DEVICE_REVOKED', 'this device is revoked.');
        const fingerprint = keyFingerprint(request.publicKey);
        record(parts, device, { ...made, issuedMs: clock.wallMs() }, { action: 'certificate-issued', fingerprint, address });
      });
      return derOf(made);
    },
    adopt: (certificate, deviceId, address) =>
      db.transaction(() => {
        const device = devices.get(deviceId)!;
        const about = {
          serial: certificate.serialNumber,
          issuedMs: issuedAtMs(certificate),
          notAfterMs: certificate.validToDate.getTime(),
        };
        const replaced = about.issuedMs + 1_000 <= device.claimed_ms;
        if (replaced || about.notAfterMs <= clock.wallMs() || !signedBy(authority.deviceCa, certificate)) return undefined;
        const fingerprint = keyFingerprint(certificate.publicKey.export({ type: 'spki', format: 'der' }));
        record(parts, device, about, { action: 'certificate-adopted', fingerprint, address });
        return devices.certificate(about.serial);
      }),
  };
}

function checkedClaim({ store, clock }: EstDeskParts, deviceId: string, token: string): { claim: ClaimRow; device: DeviceRow } {
  const claim = store.enrolments.claim(deviceId);
  const device = store.devices.get(deviceId);
  if (claim === undefined || device === undefined || !sameHash(claim.token_hash, sha256Hex(token)))
    throw new TramError('ENROL_DENIED', 'device id and enrolment token do not fit; ask for a new code and be approved again.');
  if (device.state === 'revoked') throw new TramError('DEVICE_REVOKED', 'this device is revoked; enrol it anew with a new key.');
  if (clock.wallMs() >= claim.expires_ms) throw new TramError('ENROL_CODE_EXPIRED', 'the enrolment token has expired; ask for a new one.');
  return { claim, device };
}

function issuedBefore(claim: ClaimRow, csrHash: string, nowMs: number): Uint8Array {
  if (claim.csr_hash === csrHash && claim.certificate !== null && nowMs - claim.used_ms! < repeatMs)
    return Buffer.from(claim.certificate, 'base64');
  throw new TramError('CONFLICT', 'this enrolment token was used already; ask for a new one.');
}

function record(
  { store, audit, log, changed }: EstDeskParts,
  device: DeviceRow,
  { serial, issuedMs, notAfterMs }: { serial: string; issuedMs: number; notAfterMs: number },
  { action, fingerprint, address }: { action: 'certificate-issued' | 'certificate-adopted'; fingerprint: string; address: string },
): void {
  const { device_id, site_id } = device;
  store.devices.addCertificate({ serial, device_id, fingerprint, issued_ms: issuedMs, not_after_ms: notAfterMs });
  store.devices.setKey(device_id, fingerprint);
  audit.note({ actor: `device:${device_id}`, address, action, target: device_id, details: { serial, fingerprint } });
  log.info({ deviceId: device_id, siteId: site_id, serial }, action);
  changed(device);
}

function leafFor(store: CentreStore, device: DeviceRow): LeafUse {
  const urn = deviceUrn({ siteId: device.site_id, deviceId: device.device_id });
  if (device.role === 'agent') return { use: 'device', urn };
  return { use: 'broker', urn, hosts: brokerHosts(store.sites.get(device.site_id)!.broker_host) };
}

const loopback = ['localhost', '127.0.0.1', '::1'];
/** A broker on the loopback interface is reached by any of its names. */
function brokerHosts(brokerHost: string): readonly string[] {
  return loopback.includes(brokerHost) ? loopback : [brokerHost];
}

const derOf = (made: NewCertificate): Uint8Array => new Uint8Array(made.certificate.rawData);

function sameHash(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}
