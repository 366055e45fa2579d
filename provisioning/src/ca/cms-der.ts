/** The two DER structures EST answers with. Source: RFC 5652 (SignedData without signers), RFC 7030 4.1.3 and 4.5.2. */

const signedData = Uint8Array.of(0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02);
const data = Uint8Array.of(0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01);
const version1 = Uint8Array.of(0x02, 0x01, 0x01);

/** ecdsa-with-SHA256, and id-ecPublicKey with the value prime256v1: what a CSR must be made with. */
export const csrAttributes: Uint8Array = Uint8Array.from(
  Buffer.from('302106082a8648ce3d040302301506072a8648ce3d0201310a06082a8648ce3d030107', 'hex'),
);

/** A certs-only CMS message around certificates in DER. */
export function certsOnly(certificates: readonly Uint8Array[]): Uint8Array {
  const content = sequence(version1, tagged(0x31), sequence(data), tagged(0xa0, ...certificates), tagged(0x31));
  return sequence(signedData, tagged(0xa0, content));
}

function sequence(...parts: Uint8Array[]): Uint8Array {
  return tagged(0x30, ...parts);
}

function tagged(tag: number, ...parts: Uint8Array[]): Uint8Array {
  const body = Buffer.concat(parts);
  return Buffer.concat([Uint8Array.of(tag), lengthOf(body.length), body]);
}

/** DER: short form below 128, else the count of length bytes and the bytes. */
function lengthOf(length: number): Uint8Array {
  if (length < 0x80) return Uint8Array.of(length);
  const bytes: number[] = [];
  for (let left = length; left > 0; left >>>= 8) bytes.unshift(left & 0xff);
  return Uint8Array.of(0x80 | bytes.length, ...bytes);
}
