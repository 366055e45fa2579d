/** Input reports of scanners in USB HID-POS mode (usage page 8C), put together to codes. Layouts and sources: README.md. */
import { joined } from '../read-link.ts';
import { maxScanBytes, quietMs, scanText, staleMs } from '../scan-text.ts';

/** Report number 2: Access-IS; report number 1: Microscan, now Omron. */
export type Layout = 'access-is' | 'microscan';
/** Bytes of a code whose last report has not come. `dropping`: it was too long, damaged or torn; what comes of it still is dropped, up to its last report. */
export type Assembly = { layout: Layout | undefined; held: Uint8Array; dropping: boolean };
export type Assembled = { assembly: Assembly; scans: string[]; skippedBytes: number };
type Part = { layout: Layout; data: Uint8Array; more: boolean };

export const nothingHeld: Assembly = { layout: undefined, held: new Uint8Array(), dropping: false };
export const reportBytes = 64;

const accessIs = { number: 2, maxLength: 56, dataAt: 5, aimAt: 2, moreAt: 63 } as const;
const microscan = { number: 1, maxLength: 62, dataAt: 2 } as const;
const closingBracket = 0x5d;

/** Adds one input report. What is no report of either layout is counted, and the code that it came in the middle of is dropped. */
export function feedReport(assembly: Assembly, report: Uint8Array): Assembled {
  const part = partOf(report);
  if (part === undefined) return { assembly: torn(assembly.layout), scans: [], skippedBytes: report.length + assembly.held.length };
  // another layout: the rest of what was held will not come
  const before = assembly.layout === undefined || assembly.layout === part.layout ? assembly : nothingHeld;
  let skippedBytes = before === assembly ? 0 : assembly.held.length;
  let held: Uint8Array = joined(before.held, new Uint8Array(part.data));
  const dropping = before.dropping || held.length > maxScanBytes;
  if (dropping) {
    skippedBytes += held.length;
    held = new Uint8Array();
  }
  if (part.more) return { assembly: { layout: part.layout, held, dropping }, scans: [], skippedBytes };
  const { scans, skippedBytes: damaged } = ended(held);
  return { assembly: nothingHeld, scans, skippedBytes: skippedBytes + damaged };
}

/** How long to wait for more reports before `endPause`; undefined when no code has begun. */
export function pauseMs({ layout, dropping }: Assembly): number | undefined {
  if (layout === undefined) return undefined;
  return dropping ? quietMs : staleMs;
}

/** The pause has passed: a full Microscan report was the last one of its code; of Access-IS, which says that more follows, a part is lost or late. */
export function endPause({ layout, held, dropping }: Assembly): Assembled {
  if (dropping) return { assembly: nothingHeld, scans: [], skippedBytes: 0 };
  if (layout === 'microscan') return { assembly: nothingHeld, ...ended(held) };
  return { assembly: torn(layout), scans: [], skippedBytes: held.length };
}

const torn = (layout: Layout | undefined): Assembly => ({ ...nothingHeld, layout, dropping: layout !== undefined });

function ended(bytes: Uint8Array): { scans: string[]; skippedBytes: number } {
  const text = scanText(bytes);
  if (text === undefined) return { scans: [], skippedBytes: bytes.length };
  return { scans: text === '' ? [] : [text], skippedBytes: 0 };
}

function partOf(report: Uint8Array): Part | undefined {
  const [number = 0, length = 0] = report;
  if (report.length !== reportBytes) return undefined;
  if (number === accessIs.number && length <= accessIs.maxLength && report[accessIs.aimAt] === closingBracket) {
    const data = report.subarray(accessIs.dataAt, accessIs.dataAt + length);
    return { layout: 'access-is', data, more: (report[accessIs.moreAt]! & 1) === 1 };
  }
  if (number === microscan.number && length <= microscan.maxLength) {
    const data = report.subarray(microscan.dataAt, microscan.dataAt + length);
    return { layout: 'microscan', data, more: length === microscan.maxLength };
  }
  return undefined;
}
