/** Scans of serial barcode and QR scanners: text with an end mark, or with a pause where the scanner sends none. Rules and sources: README.md. */

import { joined } from '../read-link.ts';
import { maxScanBytes, quietMs, scanText, staleMs } from '../scan-text.ts';

/** `auto`: whichever of CR, LF, TAB, ETX comes; `none`: the scanner sends no end mark, the pause ends the scan. */
export type Terminator = 'auto' | 'cr' | 'lf' | 'tab' | 'etx' | 'none';
/**
 * Bytes of a scan whose end has not come. `dropping`: it was too long, or its end did not come in time; what comes of it still is dropped, up to its
 * end. `terminatorSeen`: this scanner sends end marks.
 */
export type Framer = { held: Uint8Array; dropping: boolean; terminatorSeen: boolean };
export type Framed = { framer: Framer; scans: string[]; skippedBytes: number };

export const newFramer: Framer = { held: new Uint8Array(), dropping: false, terminatorSeen: false };

/** Ends a scan of a scanner that is known to send no end mark: longer than any gap inside a scan on a wire, shorter than a hand. */
const idleFlushMs = 50;

const endMarks: Record<Terminator, ReadonlySet<number>> = {
  auto: new Set([0x0d, 0x0a, 0x09, 0x03]),
  cr: new Set([0x0d]),
  lf: new Set([0x0a]),
  tab: new Set([0x09]),
  etx: new Set([0x03]),
  none: new Set(),
};

/** Whichever of them ends a scan, others may follow it (the LF of CR LF, the CR behind ETX): no scan begins with one. */
const isAnyMark = (byte: number): boolean => endMarks.auto.has(byte);

/** Takes every ended scan out of what was held and `chunk`. Scans that are damaged or too long are dropped and counted as skipped bytes. */
export function feed(framer: Framer, chunk: Uint8Array, terminator: Terminator): Framed {
  const marks = endMarks[terminator];
  const scans: string[] = [];
  let { held, dropping, terminatorSeen } = framer;
  let skippedBytes = 0;
  const take = (bytes: Uint8Array): void => {
    let begin = 0;
    if (held.length === 0 && !dropping && terminator !== 'none') while (begin < bytes.length && isAnyMark(bytes[begin]!)) begin += 1;
    const part = bytes.subarray(begin);
    if (dropping || held.length + part.length > maxScanBytes) {
      skippedBytes += held.length + part.length;
      held = new Uint8Array();
      dropping = true;
    } else held = joined(held, new Uint8Array(part));
  };
  let from = 0;
  for (let at = 0; at < chunk.length; at += 1) {
    if (!marks.has(chunk[at]!)) continue;
    if (at > from) take(chunk.subarray(from, at));
    from = at + 1;
    terminatorSeen = true;
    // the LF of a CRLF, and lines that nobody scanned
    if (held.length === 0 && !dropping) continue;
    const text = dropping ? undefined : scanText(held);
    if (text === undefined) skippedBytes += held.length;
    else if (text !== '') scans.push(text);
    held = new Uint8Array();
    dropping = false;
  }
  if (from < chunk.length) take(chunk.subarray(from));
  return { framer: { held, dropping, terminatorSeen }, scans, skippedBytes };
}

/** How long to wait for more bytes before `endPause`; undefined when nothing is held. */
export function pauseMs({ held, dropping }: Framer, terminator: Terminator): number | undefined {
  if (dropping) return quietMs;
  if (held.length === 0) return undefined;
  return terminator === 'none' ? idleFlushMs : staleMs;
}

/** The pause has passed: what is held is a scan where scans end by a pause, else the torso of one, whose rest may still come. */
export function endPause({ held, dropping, terminatorSeen }: Framer, terminator: Terminator): Framed {
  const next = { ...newFramer, terminatorSeen };
  if (dropping || held.length === 0) return { framer: next, scans: [], skippedBytes: 0 };
  // a scanner that has sent an end mark once always does
  if (terminator !== 'none' && (terminator !== 'auto' || terminatorSeen))
    return { framer: { ...next, dropping: true }, scans: [], skippedBytes: held.length };
  const text = scanText(held);
  if (text === undefined) return { framer: next, scans: [], skippedBytes: held.length };
  return { framer: next, scans: text === '' ? [] : [text], skippedBytes: 0 };
}
