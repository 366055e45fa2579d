/** Reads a certificate signing request and checks that its sender holds the key. */

import { TramError } from '@tramhoc/protocol/errors';
import * as x509 from './x509.ts';

/** A P-256 request is about 250 bytes; names and attributes of others stay below this. */
export const maxCsrBytes = 8 * 1024;

export type SigningRequest = { publicKey: Uint8Array; subject: string; commonName: string | undefined; alternativeNames: string[] };

/** `body`: base64 with any white space, PEM, or DER as latin1 text of base64. Throws CSR_INVALID. */
export async function readSigningRequest(body: string): Promise<SigningRequest> {
  try {
    const text = body.replace(/-----[A-Z ]+-----/g, '').replace(/\s/g, '');
    if (text.length === 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) throw new Error('not base64');
    const request = new x509.Pkcs10CertificateRequest(Uint8Array.from(Buffer.from(text, 'base64')));
    const algorithm = request.publicKey.algorithm as { name: string; namedCurve?: string };
    if (algorithm.name !== 'ECDSA' || algorithm.namedCurve !== 'P-256') throw new Error('the key is not P-256');
    if (!(await request.verify())) throw new Error('the signature does not fit the key');
    const names = request.extensions.find((extension) => extension instanceof x509.SubjectAlternativeNameExtension);
    return {
      publicKey: new Uint8Array(request.publicKey.rawData),
      subject: request.subject,
      commonName: request.subjectName.getField('CN')[0],
      alternativeNames: names === undefined ? [] : names.names.toJSON().map(({ type, value }) => `${type}:${value}`),
    };
  } catch (cause) {
    throw new TramError(
      'CSR_INVALID',
      `the request is not a PKCS #10 request for a P-256 key: ${(cause as Error).message}. Make a new one.`,
      { cause },
    );
  }
}
