/**
 * Cuts the stream of one client into packets, however it arrives, and finds the first thing that MQTT 3.1.1 forbids. A packet that lies whole in its
 * chunk is read where it is; only one that the end of a chunk cuts is collected, once its length is known and allowed.
 * Source: MQTT 3.1.1, 2.2 (fixed header) and 2.2.3 (remaining length). Pure.
 */
import { maxMqttPayloadBytes } from '@tramhoc/protocol/limits';
import { checkBody, checkFirstByte, checkLength, checkPublishBody, type PacketFault, types } from './packet-check.ts';

/** `bytes[from, to)` is what follows the fixed header. It is a window on what arrived: copy what is to stay. */
export type Packet = { type: number; flags: number; bytes: Buffer; from: number; to: number };

export type PacketReader = {
  /** More bytes of the stream. They must not be changed afterwards. */
  push(chunk: Buffer): void;
  /** The next whole packet; undefined when there is none yet, and after a fault or a DISCONNECT for ever. */
  next(): Packet | undefined;
  /** What ends the connection. Packets before it have been given. */
  readonly fault: PacketFault | undefined;
  /** DISCONNECT has passed; what follows is nobody's business [MQTT-3.14.4-2]. */
  readonly ended: boolean;
  /** Of packets that have not been given. */
  readonly heldBytes: number;
};

/** Topic (2 + up to 200 bytes), packet id and what a client may add. */
const headRoomBytes = 512;
/** Client id, will topic and a will of a few lines. It comes before anything is known of the client. */
const maxConnectBytes = 4 * 1024;
/** Some tens of filters. */
const maxFiltersBytes = 8 * 1024;
const maxLengthBytes = 4;
const nothing: Buffer = Buffer.alloc(0);

function maxLengthOf(type: number, maxPayloadBytes: number): number {
  if (type === types.connect) return maxConnectBytes;
  return type === types.subscribe || type === types.unsubscribe ? maxFiltersBytes : maxPayloadBytes + headRoomBytes;
}

export function createPacketReader(maxPayloadBytes: () => number = () => maxMqttPayloadBytes): PacketReader {
  let chunk: Buffer = nothing;
  let at = 0;
  let first = true;
  /** First byte of the packet that is being read; 0 between packets. */
  let opener = 0;
  let lengthBytes = 0;
  let length = 0;
  /** The fixed header is whole. */
  let inBody = false;
  /** The body of a packet that the end of a chunk has cut. */
  let held: Buffer | undefined;
  let heldBytes = 0;
  let fault: PacketFault | undefined;
  let ended = false;

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
    fault = length > maxLengthOf(type, maxPayloadBytes()) ? { reason: 'packet-too-large', clause: 'size' } : checkLength(type, length);
    inBody = true;
  };
  /** Whole: `bytes[from, from + length)`. */
  const packet = (bytes: Buffer, from: number): Packet | undefined => {
    const [type, flags] = [opener >> 4, opener & 0x0f];
    const range = { from, to: from + length };
    fault = type === types.publish ? checkPublishBody(bytes, { ...range, qos: (flags >> 1) & 0x03 }) : checkBody(type, bytes, range);
    first = false;
    opener = 0;
    inBody = false;
    if (fault !== undefined) return undefined;
    ended = type === types.disconnect;
    return { type, flags, bytes, ...range };
  };
  /** Collects what the chunk has of the body. */
  const collect = (): Packet | undefined => {
    held ??= Buffer.allocUnsafe(length);
    const taken = chunk.copy(held, heldBytes, at, Math.min(chunk.length, at + length - heldBytes));
    at += taken;
    heldBytes += taken;
    if (heldBytes < length) return undefined;
    const whole = held;
    held = undefined;
    heldBytes = 0;
    return packet(whole, 0);
  };

  return {
    push(more) {
      chunk = at < chunk.length ? Buffer.concat([chunk.subarray(at), more]) : more;
      at = 0;
    },
    next() {
      if (ended) return undefined;
      while (!inBody && fault === undefined) {
        if (at >= chunk.length) {
          // what is read may go, however long nothing comes
          chunk = nothing;
          at = 0;
          return undefined;
        }
        header(chunk[at]!);
        at += 1;
      }
      if (fault !== undefined) {
        held = undefined;
        chunk = nothing;
        at = 0;
        return undefined;
      }
      if (held !== undefined || at + length > chunk.length) return collect();
      const from = at;
      at += length;
      return packet(chunk, from);
    },
    get fault() {
      return fault;
    },
    get ended() {
      return ended;
    },
    get heldBytes() {
      return (held?.length ?? 0) + chunk.length - at;
    },
  };
}
