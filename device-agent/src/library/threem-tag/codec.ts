/**
 * What 3M's own software wrote on tags before ISO 28560. Eight blocks of 4 bytes: `04 SI 00 TYPE`, S and I the nibbles "part number" and "parts in
 * all" of a set; 16 bytes of barcode padded with zeros; branch (12 bits) and library (20 bits) most significant byte first; a number of the
 * library's own; zeros. Source: dpavlin/Biblio-RFID, RFID501.pm and t/05-RFID501.t. Pure.
 */

export type ThreemTag = {
  barcode: string;
  /** 1 book, 2 CD or tape, 6 and so on: numbers of 3M's software. */
  itemType: number;
  partNumber: number;
  partCount: number;
  branch: number;
  library: number;
  custom: number;
};

/** AFI of tags that 3M programmed. */
export const threemAfi = { inLibrary: 0xd7, onLoan: 0xda } as const;

export const tagBytes = 32;
const mark = 0x04;

/** undefined when the memory is too short, blank, or of another format. */
export function decodeThreemTag(memory: Uint8Array): ThreemTag | undefined {
  if (memory.length < tagBytes || memory[0] !== mark || memory[2] !== 0) return undefined;
  const text = memory.subarray(4, 20);
  const end = text.indexOf(0);
  const barcode = text.subarray(0, end === -1 ? text.length : end);
  if (barcode.length === 0 || !barcode.every((byte) => byte >= 0x20 && byte < 0x7f)) return undefined;
  const view = new DataView(memory.buffer, memory.byteOffset, memory.byteLength);
  const place = view.getUint32(20);
  return {
    barcode: String.fromCharCode(...barcode),
    itemType: memory[3]!,
    partNumber: memory[1]! >> 4,
    partCount: memory[1]! & 0x0f,
    branch: place >>> 20,
    library: place & 0xf_ffff,
    custom: view.getInt32(24),
  };
}

/** 32 bytes. Throws RangeError when a value does not fit its place. */
export function encodeThreemTag({ barcode, itemType, partNumber, partCount, branch, library, custom }: ThreemTag): Uint8Array {
  if (!/^[ -~]{1,16}$/.test(barcode)) throw new RangeError('a barcode has 1 to 16 letters, digits or signs');
  const fits: [number, number][] = [
    [itemType, 0xff],
    [partNumber, 15],
    [partCount, 15],
    [branch, 0xfff],
    [library, 0xf_ffff],
  ];
  for (const [value, max] of fits)
    if (!Number.isInteger(value) || value < 0 || value > max) throw new RangeError(`${value} is not within 0 and ${max}`);
  const memory = new Uint8Array(tagBytes);
  memory.set([mark, (partNumber << 4) | partCount, 0, itemType]);
  for (let at = 0; at < barcode.length; at += 1) memory[4 + at] = barcode.charCodeAt(at);
  const view = new DataView(memory.buffer);
  view.setUint32(20, ((branch << 20) | library) >>> 0);
  view.setInt32(24, custom);
  return memory;
}
