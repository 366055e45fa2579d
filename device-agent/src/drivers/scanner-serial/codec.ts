/** Scans of serial barcode and QR scanners: text with an end mark, or with a pause where the scanner sends none. Rules and sources: README.md. */

import { joined } from '../read-link.ts';
import { maxScanBytes, scanText } from '../scan-text.ts';

/** `auto`: whichever of CR, LF, TAB, ETX comes; `none`: the scanner sends no end mark, the pause ends the scan. */
export type Terminator = 'auto' | 'cr' | 'lf' | 'tab' | 'etx' | 'none';
/** Bytes of a scan whose end has not come. `overlong`: it is dropped already, up to its end. `terminatorSeen`: this scanner sends end marks. */
export type Framer = { held: Uint8Array; overlong: boolean; terminatorSeen: boolean };
export type Framed = { framer: Framer; scans: string[]; skippedBytes: number };

export const newFramer: Framer = { held: new Uint8Array(), overlong: false, terminatorSeen: false };

/** Ends a scan of a scanner that sends no end mark: longer than any gap inside a scan on a wire, shorter than a hand. */
export const idleFlushMs = 50;
/** A scan whose end mark got lost is dropped after this pause, so that it does not spoil the next one. Also bridges gaps of device servers. */
export const staleMs = 300;

const endMarks: Record<Terminator, ReadonlySet<number>> = {
  auto: new Set([0x0d, 0x0a, 0x09, 0x03]),
  cr: new Set([0x0d]),
  lf: new Set([0x0a]),
  tab: new Set([0x09]),
  etx: new Set([0x03]),
  none: new Set(),
};

/** Takes every ended scan out of what was held and `chunk`. Scans that are damaged or too long are dropped and counted as skipped bytes. */
export function feed(framer: Framer, chunk: Uint8Array, terminator: Terminator): Framed {
  const marks = endMarks[terminator];
  const scans: string[] = [];
  let { held, overlong, terminatorSeen } = framer;
  let skippedBytes = 0;
  const take = (part: Uint8Array): void => {
    if (overlong || held.length + part.length > maxScanBytes) {
      skippedBytes += held.length + part.length;
      held = new Uint8Array();
      overlong = true;
    } else held = joined(held, new Uint8Array(part));
  };
  let from = 0;
  for (let at = 0; at < chunk.length; at += 1) {
    if (!marks.has(chunk[at]!)) continue;
    if (at > from) take(chunk.subarray(from, at));
    from = at + 1;
    terminatorSeen = true;
    // the LF of a CRLF, and lines that nobody scanned
    if (held.length === 0 && !overlong) continue;
    const text = overlong ? undefined : scanText(held);
    if (text === undefined) skippedBytes += held.length;
    else if (text !== '') scans.push(text);
    held = new Uint8Array();
    overlong = false;
  }
  if (from < chunk.length) take(chunk.subarray(from));
  return { framer: { held, overlong, terminatorSeen }, scans, skippedBytes };
}

/** How long to wait for more bytes before `endPause`; undefined when nothing is held. */
export function pauseMs({ held, overlong, terminatorSeen }: Framer, terminator: Terminator): number | undefined {
  if (held.length === 0 && !overlong) return undefined;
  return endsByPause(terminatorSeen, terminator) ? idleFlushMs : staleMs;
}

/** The pause has passed: what is held is a scan where scans end by a pause, else the torso of one. */
export function endPause(framer: Framer, terminator: Terminator): Framed {
  const { held, overlong, terminatorSeen } = framer;
  const next = { ...newFramer, terminatorSeen };
  const text = !overlong && endsByPause(terminatorSeen, terminator) ? scanText(held) : undefined;
  if (text === undefined) return { framer: next, scans: [], skippedBytes: held.length };
  return { framer: next, scans: text === '' ? [] : [text], skippedBytes: 0 };
}

/** A scanner that has sent an end mark once always does; a scan of it without one is damaged. */
function endsByPause(terminatorSeen: boolean, terminator: Terminator): boolean {
  return terminator === 'none' || (terminator === 'auto' && !terminatorSeen);
}
