/** ISO 15693 tags that lie in the field of a simulated reader. Memory and errors as ISO 15693-3 describes them. */

export type SimulatedTag = {
  /** 16 hex digits, E0 first. */
  uid: string;
  dsfid: number;
  afi: number;
  blockBytes: number;
  /** In the order of the memory: block 0 first, its first byte first. */
  memory: Uint8Array;
  /** Blocks that refuse to be written. */
  locked: Set<number>;
};

export type TagField = {
  /** Puts a tag there; `known` keeps what it holds when it comes back. */
  put(uid: string, what?: Partial<Omit<SimulatedTag, 'uid'>>): SimulatedTag;
  take(uid: string): void;
  clear(): void;
  /** In the order in which they were put. */
  list(): readonly SimulatedTag[];
  find(uid: string): SimulatedTag | undefined;
  /** Lines of `usage`; undefined when it was understood. */
  act(line: string): string | undefined;
};

/** More does not fit on a pad, nor through a gate at once. */
const maxTags = 500;

export const tagUsage: readonly string[] = [
  'put E00401003F3827A7          lay a tag on the reader',
  'book E00401003F3827A7 1000000056   the same, with this barcode on it (ISO 28560-3)',
  'pile 30                       lay so many tags there',
  'take E00401003F3827A7         take it away',
  'clear                         take all of them away',
];

export function tagField(): TagField {
  const shelf = new Map<string, SimulatedTag>();
  const field = new Map<string, SimulatedTag>();
  const put: TagField['put'] = (uid, what = {}) => {
    const known = shelf.get(uid);
    const tag: SimulatedTag = {
      uid,
      dsfid: known?.dsfid ?? 0x3e,
      afi: known?.afi ?? 0x07,
      blockBytes: known?.blockBytes ?? 4,
      memory: known?.memory ?? new Uint8Array(28 * 4),
      locked: known?.locked ?? new Set(),
      ...what,
    };
    if (shelf.size < maxTags || known !== undefined) shelf.set(uid, tag);
    if (field.size < maxTags || field.has(uid)) field.set(uid, tag);
    return tag;
  };
  return {
    put,
    take: (uid) => void field.delete(uid),
    clear: () => field.clear(),
    list: () => [...field.values()],
    find: (uid) => field.get(uid),
    act(line) {
      const [verb = '', value = '', barcode = ''] = line.trim().split(/\s+/);
      const uid = value.toUpperCase();
      if (verb === 'clear') field.clear();
      else if (verb === 'pile' && /^\d{1,3}$/.test(value)) for (let n = 1; n <= Math.min(Number(value), maxTags); n += 1) put(tagUid(n));
      else if (!/^E0[0-9A-F]{14}$/.test(uid))
        return 'type: put, book or take with 16 hex digits that begin with E0; pile <count>; or clear';
      else if (verb === 'put') put(uid);
      else if (verb === 'take') field.delete(uid);
      else if (verb === 'book' && /^[ -~]{1,16}$/.test(barcode)) put(uid, { memory: bookMemory(barcode) });
      else return 'type: put, book, take, pile or clear';
      return undefined;
    },
  };
}

/** Numbers of NXP ICODE SLI tags (E0 04 01). */
export function tagUid(n: number): string {
  return `E0040100${(0x3f38_0000 + n).toString(16).toUpperCase().padStart(8, '0')}`;
}

/** ISO 28560-3 basic block for a tag of 32 bytes: `barcode`, a made-up library in Vietnam, CRC over the block padded to 34 bytes. */
function bookMemory(barcode: string): Uint8Array {
  const block = Buffer.alloc(34);
  block.set([0x11, 1, 1]);
  block.write(barcode, 3, 16, 'latin1');
  block.write('VNDEMO', 21, 'latin1');
  let crc = 0xffff;
  for (const byte of [...block.subarray(0, 19), ...block.subarray(21)])
    for (let bit = 7; bit >= 0; bit -= 1) {
      const out = ((crc >> 15) ^ (byte >> bit)) & 1;
      crc = ((crc << 1) & 0xffff) ^ (out === 1 ? 0x1021 : 0);
    }
  block.writeUInt16LE(crc, 19);
  const memory = new Uint8Array(28 * 4);
  memory.set(block.subarray(0, 32));
  return memory;
}
