/** The CRC-16 variants of RFID readers and tags. Names and check values as in the catalogue of Greg Cook (reveng.sourceforge.io): over "123456789". */

const reflected = table((value) => {
  let crc = value;
  for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0x8408 : crc >>> 1;
  return crc;
});

const forward = table((value) => {
  let crc = value << 8;
  for (let bit = 0; bit < 8; bit += 1) crc = crc & 0x8000 ? ((crc << 1) ^ 0x1021) & 0xffff : (crc << 1) & 0xffff;
  return crc;
});

function table(entry: (value: number) => number): Uint16Array {
  return Uint16Array.from({ length: 256 }, (_, value) => entry(value));
}

/** `ahead[n]`: what a byte does to the CRC when n zero bytes follow it. Eight bytes at once: in noise every byte may be a length, and begins a CRC. */
const ahead: readonly Uint16Array[] = (() => {
  const tables = [reflected];
  while (tables.length < 8) tables.push(tables.at(-1)!.map((crc) => (crc >>> 8) ^ reflected[crc & 0xff]!));
  return tables;
})();
const [, one, two, three, four, five, six, seven] = ahead as unknown as Eight;
type Four = [Uint16Array, Uint16Array, Uint16Array, Uint16Array];
type Eight = readonly [...Four, ...Four];

/** CRC-16/MCRF4XX (check value 6F91) over `bytes[from..to)`: FEIG, RL866, UHFReader18. Sent least significant byte first. */
export function crc16Mcrf4xx(bytes: Uint8Array, from = 0, to = bytes.length): number {
  let crc = 0xffff;
  let at = from;
  for (; at + 8 <= to; at += 8)
    crc =
      seven[(crc ^ bytes[at]!) & 0xff]! ^
      six[(crc >>> 8) ^ bytes[at + 1]!]! ^
      five[bytes[at + 2]!]! ^
      four[bytes[at + 3]!]! ^
      three[bytes[at + 4]!]! ^
      two[bytes[at + 5]!]! ^
      one[bytes[at + 6]!]! ^
      reflected[bytes[at + 7]!]!;
  for (; at < to; at += 1) crc = (crc >>> 8) ^ reflected[(crc ^ bytes[at]!) & 0xff]!;
  return crc;
}

/** CRC-16/CCITT-FALSE (check value 29B1) over `bytes[from..to)`: ISO 28560-3. */
export function crc16CcittFalse(bytes: Uint8Array, from = 0, to = bytes.length): number {
  let crc = 0xffff;
  for (let at = from; at < to; at += 1) crc = ((crc << 8) & 0xffff) ^ forward[(crc >>> 8) ^ bytes[at]!]!;
  return crc;
}

/** CRC-16/GENIBUS (check value D64E) over `bytes[from..to)`: 3M readers, EPC Gen2 memory. Sent most significant byte first. */
export function crc16Genibus(bytes: Uint8Array, from = 0, to = bytes.length): number {
  return crc16CcittFalse(bytes, from, to) ^ 0xffff;
}
