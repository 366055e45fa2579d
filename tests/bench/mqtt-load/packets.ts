/** The few MQTT 3.1.1 packets that a load needs, written into reused buffers. Source: OASIS MQTT 3.1.1, 3.1, 3.3, 3.8. */

export function connectPacket(clientId: string, keepAliveS = 60): Buffer {
  const id = Buffer.from(clientId);
  return packet(0x10, Buffer.concat([text('MQTT'), Buffer.from([4, 2]), length(keepAliveS), length(id.length), id]));
}

export function subscribePacket(filter: string): Buffer {
  return packet(0x82, Buffer.concat([length(1), text(filter), Buffer.from([1])]));
}

/** QoS 1. The message id is at `idAt` of the packet, two bytes, big-endian. */
export function publishPacket(topic: string, payload: Uint8Array): { packet: Buffer; idAt: number; payloadAt: number } {
  const name = text(topic);
  const whole = packet(0x32, Buffer.concat([name, length(1), payload]));
  const payloadAt = whole.length - payload.length;
  return { packet: whole, idAt: payloadAt - 2, payloadAt };
}

export const pubackOf = (id: number): Buffer => Buffer.from([0x40, 2, id >> 8, id & 0xff]);

function packet(type: number, body: Buffer): Buffer {
  const sizes: number[] = [];
  for (let left = body.length; ; left >>= 7) {
    sizes.push(left > 127 ? (left & 127) | 128 : left);
    if (left <= 127) break;
  }
  return Buffer.concat([Buffer.from([type, ...sizes]), body]);
}
const length = (value: number): Buffer => Buffer.from([value >> 8, value & 0xff]);
const text = (value: string): Buffer => Buffer.concat([length(Buffer.byteLength(value)), Buffer.from(value)]);

/** Cuts a stream into packets: calls `take(type, body)` for each whole one and keeps the rest. */
export function packetCutter(take: (type: number, body: Buffer) => void): (chunk: Buffer) => void {
  let held: Buffer = Buffer.alloc(0);
  return (chunk) => {
    const input = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    let at = 0;
    for (;;) {
      let size = 0;
      let shift = 0;
      let head = at + 1;
      let whole = false;
      while (head < input.length && shift <= 21) {
        const byte = input[head]!;
        size |= (byte & 127) << shift;
        shift += 7;
        head += 1;
        if (byte < 128) {
          whole = true;
          break;
        }
      }
      if (!whole || head + size > input.length) break;
      take(input[at]!, input.subarray(head, head + size));
      at = head + size;
    }
    held = at === input.length ? Buffer.alloc(0) : Buffer.from(input.subarray(at));
  };
}
