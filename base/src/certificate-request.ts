/**
 * PKCS#10 and certs-only CMS. What reads and writes them takes 25 MB and as long to load as the rest of a device's program: so it is loaded when a
 * certificate is asked for, which is once in months.
 */
import 'reflect-metadata';
import { createPrivateKey, createPublicKey, webcrypto, X509Certificate } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { TramError } from '@tramhoc/protocol/errors';

x509.cryptoProvider.set(webcrypto as Crypto);
const signing = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** PKCS#10, DER. `subject` becomes CN; `uri` a subjectAltName. */
export async function certificateRequest({ keyPem, subject, uri }: { keyPem: string; subject: string; uri?: string }): Promise<Uint8Array> {
  const pkcs8 = createPrivateKey(keyPem).export({ type: 'pkcs8', format: 'der' });
  const spki = createPublicKey(createPrivateKey(keyPem)).export({ type: 'spki', format: 'der' });
  const privateKey = await webcrypto.subtle.importKey('pkcs8', pkcs8, signing, true, ['sign']);
  const publicKey = await webcrypto.subtle.importKey('spki', spki, signing, true, ['verify']);
  const extensions = uri === undefined ? [] : [new x509.SubjectAlternativeNameExtension([{ type: 'url', value: uri }])];
  const made = await x509.Pkcs10CertificateRequestGenerator.create({
    name: [{ CN: [subject] }],
    keys: { privateKey, publicKey } as CryptoKeyPair,
    signingAlgorithm: signing,
    extensions,
  });
  return new Uint8Array(made.rawData);
}

/** A certs-only CMS message in base64 to its certificates. Throws CENTRE_REFUSED. */
export function certificatesIn(base64: string): X509Certificate[] {
  try {
    const certificates = new x509.X509Certificates();
    certificates.import(Buffer.from(base64.replace(/\s/g, ''), 'base64'));
    return certificates.map((certificate) => new X509Certificate(Buffer.from(certificate.rawData)));
  } catch (cause) {
    throw new TramError(
      'CENTRE_REFUSED',
      'the centre sent something that is no list of certificates; check that the address is the devices listener.',
      { cause },
    );
  }
}
