/**
 * Looks at the fixed header of every MQTT packet before aedes does, since its parser would collect up to 256 MB for one packet.
 * Source: MQTT 3.1.1, 2.2 (fixed header) and 2.2.3 (remaining length). Pure.
 */
import { maxMqttPayloadBytes } from '@tramhoc/protocol/limits';

export type ScanFault = 'not-mqtt' | 'packet-too-large';
export type PacketScanner = {
  /** The fault that ends the connection, or undefined. Chunks may be cut anywhere. */
  scan(chunk: Uint8Array): ScanFault | undefined;
};

/** Topic (2 + up to 200 bytes), packet id and what a client may add. */
const headRoomBytes = 512;
const maxPacketBytes = maxMqttPayloadBytes + headRoomBytes;
/** Client id, will topic and a will of a few lines. It comes before anything is known of the client. */
const maxConnectBytes = 4 * 1024;
const connect = 1;
/** What a client sends: CONNECT, PUBLISH, PUBACK, PUBREC, PUBREL, PUBCOMP, SUBSCRIBE, UNSUBSCRIBE, PINGREQ, DISCONNECT. */
const fromClients: ReadonlySet<number> = new Set([connect, 3, 4, 5, 6, 7, 8, 10, 12, 14]);
const maxLengthBytes = 4;

export function createPacketScanner(): PacketScanner {
  let first = true;
  let type: number | undefined;
  let lengthBytes = 0;
  let length = 0;
  let skip = 0;

  const header = (byte: number): ScanFault | undefined => {
    if (type === undefined) {
      type = byte >> 4;
      lengthBytes = 0;
      length = 0;
      return !fromClients.has(type) || first !== (type === connect) || (first && byte !== 0x10) ? 'not-mqtt' : undefined;
    }
    length += (byte & 0x7f) * 128 ** lengthBytes;
    lengthBytes += 1;
    if ((byte & 0x80) !== 0) return lengthBytes === maxLengthBytes ? 'not-mqtt' : undefined;
    if (length > (type === connect ? maxConnectBytes : maxPacketBytes)) return 'packet-too-large';
    first = false;
    type = undefined;
    skip = length;
    return undefined;
  };

  return {
    scan(chunk) {
      let at = 0;
      while (at < chunk.length) {
        const skipped = Math.min(skip, chunk.length - at);
        skip -= skipped;
        at += skipped;
        if (at === chunk.length) break;
        const fault = header(chunk[at]!);
        if (fault !== undefined) return fault;
        at += 1;
      }
      return undefined;
    },
  };
}
