/** Input reports of scanners in USB HID-POS mode (usage page 8C), put together to codes. Layouts and sources: README.md. */
import { joined } from '../read-link.ts';
import { maxScanBytes, scanText } from '../scan-text.ts';

/** Report number 2: Access-IS; report number 1: Microscan, now Omron. */
export type Layout = 'access-is' | 'microscan';
/** Bytes of a code whose last report has not come. `overlong`: it is dropped already, up to its last report. */
export type Assembly = { layout: Layout | undefined; held: Uint8Array; overlong: boolean };
export type Assembled = { assembly: Assembly; scans: string[]; skippedBytes: number };
type Part = { layout: Layout; data: Uint8Array; more: boolean };

export const nothingHeld: Assembly = { layout: undefined, held: new Uint8Array(), overlong: false };
export const reportBytes = 64;
/** Reports of one code follow each other within milliseconds; people need longer from code to code. */
export const pauseMs = 100;

const accessIs = { number: 2, maxLength: 56, dataAt: 5, aimAt: 2, moreAt: 63 } as const;
const microscan = { number: 1, maxLength: 62, dataAt: 2 } as const;
const closingBracket = 0x5d;

/** Adds one input report. What is no report of either layout is counted and ends what was held. */
export function feedReport(assembly: Assembly, report: Uint8Array): Assembled {
  const part = partOf(report);
  if (part === undefined) return { assembly: nothingHeld, scans: [], skippedBytes: report.length + assembly.held.length };
  // another layout: the rest of what was held will not come
  const before = assembly.layout === undefined || assembly.layout === part.layout ? assembly : nothingHeld;
  let skippedBytes = before === assembly ? 0 : assembly.held.length;
  let held: Uint8Array = joined(before.held, new Uint8Array(part.data));
  const overlong = before.overlong || held.length > maxScanBytes;
  if (overlong) {
    skippedBytes += held.length;
    held = new Uint8Array();
  }
  if (part.more) return { assembly: { layout: part.layout, held, overlong }, scans: [], skippedBytes };
  const { scans, skippedBytes: damaged } = ended(held);
  return { assembly: nothingHeld, scans, skippedBytes: skippedBytes + damaged };
}

/** No report for `pauseMs`: a full Microscan report was the last one of its code; of Access-IS, which says that more follows, a part is lost. */
export function endPause({ layout, held }: Assembly): Assembled {
  if (layout === 'microscan') return { assembly: nothingHeld, ...ended(held) };
  return { assembly: nothingHeld, scans: [], skippedBytes: held.length };
}

export const isWaiting = ({ layout }: Assembly): boolean => layout !== undefined;

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
