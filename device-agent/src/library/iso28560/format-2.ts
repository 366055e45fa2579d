/**
 * ISO 28560-2: objects of ISO/IEC 15962 one after the other. Precursor `OFFSET(1 bit) COMPACTION(3) OID(4)`, `PADS` when the offset bit is set, `LENGTH`,
 * data, pad bytes. OID 15 is followed by a byte that is added to it. A precursor of 0 ends the list. Sources: README.md. Pure.
 */
import { type Compaction, compactions, isilText, unpacked } from './compaction.ts';
import type { LibraryItem } from './library-item.ts';

/** `text` is absent where the packing is the application's own. */
export type Element = { oid: number; compaction: Compaction; text?: string; data: Uint8Array };
export type Format2Tag = { item: LibraryItem; elements: Element[] };

const oids = { primaryItemId: 1, ownerIsil: 3, setInformation: 4, usage: 5, borrowingIsil: 13 } as const;
/** A tag of 256 blocks holds no more elements of the smallest kind that anybody writes. */
const maxElements = 64;

/** undefined when the memory is cut, or there is no primary item id. */
export function decodeFormat2(memory: Uint8Array): Format2Tag | undefined {
  const elements = elementsOf(memory);
  const primaryItemId = elements?.find(({ oid }) => oid === oids.primaryItemId)?.text;
  if (elements === undefined || primaryItemId === undefined || primaryItemId === '') return undefined;
  return { item: { primaryItemId, ...knownFields(elements) }, elements };
}

/** Of the user memory of a UHF tag, whose id is in its EPC: the same after a byte of data format. undefined when it is another format or cut. */
export function decodeUserBank(memory: Uint8Array): { item: Omit<LibraryItem, 'primaryItemId'>; elements: Element[] } | undefined {
  const elements = memory[0] === 0x06 ? elementsOf(memory.subarray(1)) : undefined;
  return elements === undefined ? undefined : { item: knownFields(elements), elements };
}

function knownFields(elements: readonly Element[]): Omit<LibraryItem, 'primaryItemId'> {
  const of = (wanted: number): Element | undefined => elements.find(({ oid }) => oid === wanted);
  const isil = of(oids.ownerIsil)?.text;
  const usage = of(oids.usage)?.data[0];
  const set = of(oids.setInformation)?.text;
  return {
    ...(isil === undefined ? {} : { ownerIsil: isil }),
    // the high nibble is the kind of usage, the low one a detail of it
    ...(usage === undefined ? {} : { usage: usage >> 4 }),
    ...(set === undefined ? {} : partsOf(set)),
  };
}

/** `1203`: of 12 parts the third. */
function partsOf(set: string): { partCount?: number; partNumber?: number } {
  const half = set.length / 2;
  if (!/^(?:\d\d){1,3}$/.test(set)) return {};
  const [partCount, partNumber] = [Number(set.slice(0, half)), Number(set.slice(half))];
  return partNumber <= partCount ? { partCount, partNumber } : {};
}

/** undefined when an element goes over the end. */
export function elementsOf(memory: Uint8Array): Element[] | undefined {
  const elements: Element[] = [];
  for (let at = 0; at < memory.length && elements.length < maxElements; ) {
    const precursor = memory[at++]!;
    if (precursor === 0) break;
    let oid = precursor & 0x0f;
    if (oid === 15) oid += memory[at++] ?? 0;
    const pads = precursor & 0x80 ? memory[at++] : 0;
    const head = lengthAt(memory, at);
    if (pads === undefined || head === undefined) return undefined;
    at = head.next;
    if (at + head.length > memory.length) return undefined;
    const data = memory.slice(at, at + head.length);
    elements.push(element(oid, compactions[(precursor >> 4) & 7]!, data));
    at += head.length + pads;
  }
  return elements;
}

/** Seven bits a byte, all but the last with the high bit set. */
function lengthAt(memory: Uint8Array, from: number): { length: number; next: number } | undefined {
  const first = memory[from];
  if (first === undefined) return undefined;
  if (first < 0x80) return { length: first, next: from + 1 };
  const second = memory[from + 1];
  // three bytes would be longer than any tag
  if (second === undefined || second >= 0x80) return undefined;
  return { length: (first & 0x7f) * 128 + second, next: from + 2 };
}

function element(oid: number, compaction: Compaction, data: Uint8Array): Element {
  const packedIsil = compaction === 'application' && (oid === oids.ownerIsil || oid === oids.borrowingIsil);
  const text = packedIsil ? isilText(data) : unpacked(data, compaction);
  return { oid, compaction, data, ...(text === undefined ? {} : { text }) };
}
