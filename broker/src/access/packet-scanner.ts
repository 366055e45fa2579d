/**
 * Reads the stream of one client packet by packet, however it is cut, and finds the first thing that MQTT 3.1.1 forbids before aedes sees it: its
 * parser would collect up to 256 MB for one packet and believes what it reads. Bytes are looked at where they are; only the head of a packet that
 * is cut by the end of a chunk is copied. Source: MQTT 3.1.1, 2.2 (fixed header) and 2.2.3 (remaining length). Pure.
 */
import { maxMqttPayloadBytes } from '@tramhoc/protocol/limits';
import { checkBody, checkFirstByte, checkLength, checkPublish, type PacketFault, types } from './packet-check.ts';

export type PacketScanner = {
  /**
   * Looks at `chunk` from `from` on, at most `maxPackets` packets. Gives the place up to which bytes may be passed on: the end of the chunk, or of
   * the last packet allowed. Chunks may be cut anywhere. After a fault or a DISCONNECT it moves no further.
   */
  scan(chunk: Uint8Array, from: number, maxPackets: number): number;
  /** What ends the connection. */
  readonly fault: PacketFault | undefined;
  /** DISCONNECT has passed; what follows is nobody's business [MQTT-3.14.4-2]. */
  readonly ended: boolean;
};

/** Topic (2 + up to 200 bytes), packet id and what a client may add. */
const headRoomBytes = 512;
const maxPacketBytes = maxMqttPayloadBytes + headRoomBytes;
/** Client id, will topic and a will of a few lines. It comes before anything is known of the client. */
const maxConnectBytes = 4 * 1024;
/** Some tens of filters; it is held until it is complete. */
const maxFiltersBytes = 8 * 1024;
const maxLengthBytes = 4;
const nothing = new Uint8Array(0);

function maxLengthOf(type: number): number {
  if (type === types.connect) return maxConnectBytes;
  return type === types.subscribe || type === types.unsubscribe ? maxFiltersBytes : maxPacketBytes;
}

export function createPacketScanner(): PacketScanner {
  let first = true;
  /** First byte of the packet that is being read; 0 between packets. */
  let opener = 0;
  let lengthBytes = 0;
  let length = 0;
  /** The length is known; the head is still to be looked at. */
  let inBody = false;
  /** Bytes of payload that are still to come and nobody looks at. */
  let skip = 0;
  let held: Uint8Array = nothing;
  let heldBytes = 0;
  let fault: PacketFault | undefined;
  let ended = false;

  const endPacket = (): void => {
    ended = opener >> 4 === types.disconnect;
    first = false;
    opener = 0;
    inBody = false;
  };
  /** A byte of the fixed header. */
  const header = (byte: number): void => {
    if (opener === 0) {
      fault = checkFirstByte(byte, first);
      opener = byte;
      lengthBytes = 0;
      length = 0;
      return;
    }
    length += (byte & 0x7f) * 128 ** lengthBytes;
    lengthBytes += 1;
    if ((byte & 0x80) !== 0) {
      if (lengthBytes === maxLengthBytes) fault = { reason: 'not-mqtt', clause: 'MQTT-2.2.3' };
      return;
    }
    const type = opener >> 4;
    fault = length > maxLengthOf(type) ? { reason: 'packet-too-large', clause: 'size' } : checkLength(type, length);
    inBody = true;
    if (length === 0 && fault === undefined) body(nothing, 0, 0);
  };
  /** Bytes of the head, as far as `bytes[at, to)` tells: of a PUBLISH up to the message id, of the others all. Undefined: not known yet. */
  const headBytes = (bytes: Uint8Array, at: number, to: number): number | undefined => {
    if (opener >> 4 !== types.publish) return length;
    if (length < 2) return length;
    if (to - at < 2) return undefined;
    return 2 + bytes[at]! * 256 + bytes[at + 1]! + ((opener & 0x06) === 0 ? 0 : 2);
  };
  /** A whole head. */
  const body = (bytes: Uint8Array, at: number, head: number): void => {
    const type = opener >> 4;
    if (type !== types.publish) fault = checkBody(type, bytes, { from: at, to: at + head });
    else if (length < 2 || head > length) fault = { reason: 'malformed', clause: 'length' };
    else fault = checkPublish(bytes, { from: at, to: at + head, qos: (opener >> 1) & 0x03 });
    skip = length - head;
    if (skip === 0) endPacket();
    else inBody = false;
  };
  /** Takes what `chunk` has of a head that it cuts; the bytes taken. */
  const hold = (chunk: Uint8Array, at: number): number => {
    const wanted = Math.min(headBytes(held, 0, heldBytes) ?? 2, length);
    if (held.length < wanted) {
      const longer = new Uint8Array(wanted);
      longer.set(held);
      held = longer;
    }
    const taken = Math.min(wanted - heldBytes, chunk.length - at);
    held.set(chunk.subarray(at, at + taken), heldBytes);
    heldBytes += taken;
    const head = headBytes(held, 0, heldBytes);
    if (head !== undefined && (heldBytes === head || head > length)) {
      body(held, 0, head);
      held = nothing;
      heldBytes = 0;
    }
    return taken;
  };
  /** The next step at `at`; the bytes taken. */
  const step = (chunk: Uint8Array, at: number): number => {
    if (skip > 0) {
      const taken = Math.min(skip, chunk.length - at);
      skip -= taken;
      if (skip === 0) endPacket();
      return taken;
    }
    if (!inBody) {
      header(chunk[at]!);
      return 1;
    }
    const head = heldBytes > 0 ? undefined : headBytes(chunk, at, chunk.length);
    if (head === undefined || (head > chunk.length - at && head <= length)) return hold(chunk, at);
    body(chunk, at, head);
    return head;
  };

  return {
    scan(chunk, from, maxPackets) {
      let at = from;
      let packets = 0;
      while (at < chunk.length && packets < maxPackets && fault === undefined && !ended) {
        at += step(chunk, at);
        if (opener === 0) packets += 1;
      }
      return Math.min(at, chunk.length);
    },
    get fault() {
      return fault;
    },
    get ended() {
      return ended;
    },
  };
}
