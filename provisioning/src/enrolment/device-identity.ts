/** Who is at the other end of a TLS connection: from the certificate's URI, checked against the registry on every request. */
import type { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import type { Clock } from '@tramhoc/base/clock';
import { TramError } from '@tramhoc/protocol/errors';
import { type DeviceId, parseDeviceUrn, type SiteId } from '@tramhoc/protocol/ids';
import type { CertificateAuthority } from '../ca/certificate-authority.ts';
import { dayMs } from '../ca/certificate-profile.ts';

/** A device that lay in a cupboard may renew this long after its certificate ended; later it enrols anew. */
const renewAfterExpiryMs = 400 * dayMs;

export type DeviceIdentity = { deviceId: DeviceId; siteId: SiteId; role: 'agent' | 'broker'; serial: string };
/** Who is who: the store of the centre, or an ingest process's copy of it. */
export type Registry = {
  get(deviceId: string): { site_id: SiteId; role: 'agent' | 'broker'; state: 'active' | 'revoked' } | undefined;
  certificate(serial: string): RegisteredCertificate | undefined;
};
export type RegisteredCertificate = { serial: string; device_id: DeviceId; withdrawn_ms: number | null };
/** Enters a certificate that the registry does not know but has reason to believe (est-desk.ts); undefined when it has none. */
export type Adopt = (certificate: X509Certificate, deviceId: DeviceId, address: string) => RegisteredCertificate | undefined;
export type IdentityCheck = {
  /** Throws NOT_SIGNED_IN (no certificate), CERT_NOT_OURS, CERT_EXPIRED, DEVICE_REVOKED, SITE_REVOKED. */
  of(socket: TLSSocket): DeviceIdentity;
  /** The same, but a certificate of ours that ended not long ago will do: only for renewing it. */
  forRenewal(socket: TLSSocket): DeviceIdentity;
};

export function identityCheck({
  devices,
  authority,
  clock,
  adopt = () => undefined,
}: {
  devices: Registry;
  authority: Pick<CertificateAuthority, 'deviceCa'>;
  clock: Clock;
  /** An ingest process has none: it waits until the centre knows the certificate. */
  adopt?: Adopt;
}): IdentityCheck {
  const registered = (certificate: X509Certificate, socket: TLSSocket): DeviceIdentity => {
    const urn = uriOf(certificate);
    const named = urn === undefined ? undefined : parseDeviceUrn(urn);
    const device = named === undefined ? undefined : devices.get(named.deviceId);
    if (named === undefined || device === undefined || device.site_id !== named.siteId)
      throw new TramError(
        'CERT_NOT_OURS',
        'this centre does not know this device: it was restored from a copy that is older, or is another centre; enrol it again.',
      );
    if (device.state === 'revoked')
      throw new TramError(
        device.role === 'broker' ? 'SITE_REVOKED' : 'DEVICE_REVOKED',
        'this certificate was revoked; enrol again if that was a mistake.',
      );
    const row = devices.certificate(certificate.serialNumber) ?? adopt(certificate, named.deviceId, socket.remoteAddress ?? '');
    if (row?.device_id !== named.deviceId)
      throw new TramError('CERT_NOT_OURS', 'this certificate is not in the registry of this centre; enrol again.');
    if (row.withdrawn_ms !== null) throw new TramError('CERT_NOT_OURS', 'this certificate was replaced; use the newer one.');
    return { ...named, role: device.role, serial: row.serial };
  };
  /** A connection has one certificate from its handshake to its end; reading it anew for each batch costs as much as the batch. */
  const read = new WeakMap<TLSSocket, X509Certificate>();
  const presented = (socket: TLSSocket): X509Certificate => {
    const certificate = read.get(socket) ?? socket.getPeerX509Certificate();
    if (certificate === undefined) throw new TramError('NOT_SIGNED_IN', 'this address needs a client certificate; enrol first.');
    read.set(socket, certificate);
    return certificate;
  };
  return {
    of(socket) {
      const certificate = presented(socket);
      if (!socket.authorized) throw refusal(socket);
      return registered(certificate, socket);
    },
    forRenewal(socket) {
      const certificate = presented(socket);
      if (socket.authorized) return registered(certificate, socket);
      // "expired" hides forgery: a certificate somebody signed with our name and their key gives the same answer, so look at the signature ourselves
      const ours = signedBy(authority.deviceCa, certificate);
      const endedMs = clock.wallMs() - certificate.validToDate.getTime();
      if (!ours || endedMs < 0 || endedMs > renewAfterExpiryMs) throw refusal(socket);
      return registered(certificate, socket);
    },
  };
}

export const signedBy = (deviceCa: X509Certificate, certificate: X509Certificate): boolean =>
  certificate.checkIssued(deviceCa) && certificate.verify(deviceCa.publicKey);

function refusal(socket: TLSSocket): TramError {
  const why = String((socket.authorizationError as unknown as { code?: string })?.code ?? socket.authorizationError);
  return why === 'CERT_HAS_EXPIRED'
    ? new TramError('CERT_EXPIRED', 'this certificate has ended; renew it at /.well-known/est/simplereenroll or enrol again.')
    : new TramError('CERT_NOT_OURS', `this certificate was not made by this centre (${why}); enrol again.`);
}

function uriOf(certificate: X509Certificate): string | undefined {
  const uris = (certificate.subjectAltName ?? '').split(', ').filter((name) => name.startsWith('URI:'));
  return uris.length === 1 ? uris[0]!.slice('URI:'.length) : undefined;
}
