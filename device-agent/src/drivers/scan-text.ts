/** What scanners send around a code and what may be inside one, whatever wire they are on. */

/** The largest QR code holds 2,953 bytes; nothing longer is one scan. */
export const maxScanBytes = 4_096;
/** A gap inside a scan is shorter than this, on device servers as well; after it the end of a scan will not come. */
export const staleMs = 300;
/** What comes of a scan whose beginning was dropped is dropped too, until it has been quiet for this long. */
export const quietMs = 1_000;

const stx = 0x02;
/** Control characters that occur inside codes: TAB, LF, CR in text; EOT, FS, GS, RS, US in ISO 15434 and GS1 data. Any other is damage. */
const controlsInCodes: ReadonlySet<number> = new Set([0x04, 0x09, 0x0a, 0x0d, 0x1c, 0x1d, 0x1e, 0x1f]);
const isDamage = (byte: number): boolean => byte === 0x7f || (byte < 0x20 && !controlsInCodes.has(byte));
/** AIM identifier that some scanners put in front: `]`, the code's letter, a modifier. */
const aimIdentifier = /^\][A-Za-z][0-9A-Za-z]/;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** The text of one scan: UTF-8 without STX, AIM identifier and line ends around it. undefined when it is damaged. */
export function scanText(bytes: Uint8Array): string | undefined {
  const content = bytes[0] === stx ? bytes.subarray(1) : bytes;
  if (content.some(isDamage)) return undefined;
  let text: string;
  try {
    text = utf8.decode(content);
  } catch {
    return undefined;
  }
  // the LF of a CRLF begins the next scan when only CR ends one, and the CR stays at the end when only LF does
  return text.replace(/^[\r\n]+|[\r\n]+$/g, '').replace(aimIdentifier, '');
}
