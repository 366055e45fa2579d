/** Packets of ZKTeco terminals on port 4370. Shape and sources: README.md. */

/** `session`: given by the terminal; in a realtime packet the kind of the event. `reply`: the same in the question and its answers. */
export type Packet = { command: number; session: number; reply: number; data: Uint8Array };
export type Decoded = { frames: Packet[]; rest: Uint8Array; skippedBytes: number };

export const commands = {
  readUsers: 9,
  option: 11,
  attendanceLog: 13,
  freeSizes: 50,
  time: 201,
  event: 500,
  connect: 1000,
  exit: 1001,
  authenticate: 1102,
  prepareData: 1500,
  data: 1501,
  freeData: 1502,
  prepareBuffer: 1503,
  readBuffer: 1504,
  ok: 2000,
  error: 2001,
  unauthorized: 2005,
} as const;

export const headerBytes = 8;
const prefix = [0x50, 0x50, 0x82, 0x7d];
const prefixBytes = 8;
/** The largest data packet that a terminal sends over TCP (65,472 bytes are asked for at most) and its header. */
export const maxPacketBytes = 0x10010;

/** Over the packet with its checksum field left out: ones' complement of the folded sum of 16-bit words, little endian. protocol.md, Checksum. */
export function checksum(packet: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < packet.length; at += 2) if (at !== 2) sum += packet[at]! + 256 * (packet[at + 1] ?? 0);
  return folded(sum);
}

function folded(sum: number): number {
  let left = sum;
  while (left > 0xffff) left = (left % 0x10000) + Math.floor(left / 0x10000);
  return left ^ 0xffff;
}

/** A packet as it goes out in a datagram. */
export function encodePacket({ command, session, reply, data }: Packet): Uint8Array {
  const bytes = new Uint8Array(headerBytes + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, command, true);
  view.setUint16(4, session, true);
  view.setUint16(6, reply, true);
  bytes.set(data, headerBytes);
  view.setUint16(2, checksum(bytes), true);
  return bytes;
}

/** A packet as it goes out over TCP: `50 50 82 7d`, its length, itself. */
export function encodeFrame(packet: Packet): Uint8Array {
  const inner = encodePacket(packet);
  const bytes = new Uint8Array(prefixBytes + inner.length);
  bytes.set(prefix);
  new DataView(bytes.buffer).setUint32(4, inner.length, true);
  bytes.set(inner, prefixBytes);
  return bytes;
}

/** undefined when the datagram is no packet or was damaged. */
export function decodePacket(bytes: Uint8Array): Packet | undefined {
  if (bytes.length < headerBytes || bytes.length > maxPacketBytes) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.getUint16(2, true) !== checksum(bytes)) return undefined;
  return packetOf(bytes, view);
}

function packetOf(bytes: Uint8Array, view: DataView): Packet {
  return {
    command: view.getUint16(0, true),
    session: view.getUint16(4, true),
    reply: view.getUint16(6, true),
    data: new Uint8Array(bytes.subarray(headerBytes)),
  };
}

/** Takes every whole packet out of what came over TCP; `rest` is shorter than the longest one (65,560 bytes with its prefix). */
export function decodeStream(input: Uint8Array): Decoded {
  const frames: Packet[] = [];
  const sums = lazySums(input);
  let at = 0;
  let skippedBytes = 0;
  while (at < input.length) {
    const length = lengthAt(input, at);
    if (length === 'cut') break;
    if (length === undefined) {
      at += 1;
      skippedBytes += 1;
      continue;
    }
    const from = at + prefixBytes;
    if (input.length < from + length) break;
    const view = new DataView(input.buffer, input.byteOffset + from, length);
    if (sums(from, length) !== view.getUint16(2, true)) {
      at += 1;
      skippedBytes += 1;
      continue;
    }
    frames.push(packetOf(input.subarray(from, from + length), view));
    at = from + length;
  }
  return { frames, rest: new Uint8Array(input.subarray(at)), skippedBytes };
}

/** Length of the packet whose prefix begins at `at`; `cut`: more bytes are needed to say; undefined: none begins here. */
function lengthAt(input: Uint8Array, at: number): number | 'cut' | undefined {
  for (const [offset, byte] of prefix.entries()) {
    if (at + offset >= input.length) return 'cut';
    if (input[at + offset] !== byte) return undefined;
  }
  if (input.length < at + prefixBytes) return 'cut';
  const length = new DataView(input.buffer, input.byteOffset + at + 4, 4).getUint32(0, true);
  return length >= headerBytes && length <= maxPacketBytes ? length : undefined;
}

/**
 * Checksums of any part of `input`. The first is added up; where a first one was wrong, sums over all of the input are made once, so that noise full
 * of prefixes costs no more than its length.
 */
function lazySums(input: Uint8Array): (from: number, length: number) => number {
  let used = 0;
  let sums: Float64Array | undefined;
  return (from, length) => {
    used += length;
    if (sums === undefined && used <= 2 * input.length) return checksum(input.subarray(from, from + length));
    sums ??= sumsEverySecond(input);
    const part = (start: number): number => {
      const count = Math.ceil((from + length - start) / 2);
      return count <= 0 ? 0 : sums![start + 2 * count]! - sums![start]!;
    };
    // words at 0, 4, 6, ...: the one at 2 is the checksum itself
    return folded(part(from) + 256 * part(from + 1) - input[from + 2]! - 256 * input[from + 3]!);
  };
}

/** `sums[n]`: of the bytes n-2, n-4, ... */
function sumsEverySecond(input: Uint8Array): Float64Array {
  const sums = new Float64Array(input.length + 3);
  for (let at = 2; at < sums.length; at += 1) sums[at] = sums[at - 2]! + (input[at - 2] ?? 0);
  return sums;
}
