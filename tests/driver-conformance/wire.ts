/**
 * A cable between a driver and a simulated device that can cut, merge, delay, disturb and be pulled. USB carries whole reports and HTTP whole
 * requests: those are never cut, and what happens to their bytes happens to the report or to the body of the request.
 */
import { type Duplex, duplexPair } from 'node:stream';
import type { Clock } from '@tramhoc/base/clock';
import type { HttpRequest } from '@tramhoc/device-agent/transports/http-in';

export type Carriage = 'as sent' | 'byte by byte' | 'merged';
export type Wire = {
  driverEnd: Duplex;
  deviceEnd: Duplex;
  /** Bytes towards the driver that no device sent. */
  disturb(bytes: Uint8Array): void;
  /** Changes one byte in the middle of the next chunk from the device. */
  damageNext(): void;
  /** The plug comes out after this many more bytes from the device; `pulled` runs then. */
  pullAfter(bytes: number, pulled: () => void): void;
  /** `fault`: what the operating system says about it, if it says anything. */
  pull(fault?: Error): void;
};

/** How long `merged` collects: more than two frames of the fastest device. */
const mergeMs = 150;
/** A stranger on the network sends his rubbish in pieces of this size. */
const strangerBytes = 16 * 1024;

type Shape = {
  carriage: Carriage;
  clock: Clock;
  /** Set where reports are carried instead of bytes. */
  reportBytes?: number | undefined;
  /** Requests are carried instead of bytes. */
  requests?: boolean;
};
type Chunk = Uint8Array | HttpRequest;

const bytesIn = (chunk: Chunk): Uint8Array => (chunk instanceof Uint8Array ? chunk : chunk.body);
const withBytes = (chunk: Chunk, bytes: Uint8Array): Chunk => (chunk instanceof Uint8Array ? bytes : { ...chunk, body: bytes });
const fromStranger = (body: Uint8Array): HttpRequest => ({
  ...{ method: 'POST', path: '/', query: {}, headers: {}, body },
  respond: () => undefined,
});

export function wire({ carriage, clock, reportBytes, requests = false }: Shape): Wire {
  const objectMode = reportBytes !== undefined || requests;
  const [driverEnd, driverSocket] = duplexPair({ objectMode });
  const [deviceEnd, deviceSocket] = duplexPair({ objectMode });
  let damage = false;
  let bytesLeft = Number.POSITIVE_INFINITY;
  let collected: Chunk[] = [];
  let onPulled = (): void => undefined;
  const pull = (fault?: Error): void => {
    driverEnd.destroy(fault);
    for (const end of [driverSocket, deviceSocket, deviceEnd]) end.destroy();
    onPulled();
  };
  const carry = (chunk: Chunk): void => {
    const bytes = bytesIn(chunk);
    const whole = bytes.length <= bytesLeft;
    const part = withBytes(chunk, bytes.subarray(0, bytesLeft));
    bytesLeft -= Math.min(bytes.length, bytesLeft);
    if ((whole || !objectMode) && (requests || bytesIn(part).length > 0) && !driverSocket.destroyed) driverSocket.write(part);
    if (bytesLeft === 0) pull();
  };
  const fromDevice = (sent: Chunk): void => {
    const bytes = Uint8Array.from(bytesIn(sent));
    if (damage && bytes.length > 0) {
      bytes[Math.floor(bytes.length / 2)]! ^= 0x15;
      damage = false;
    }
    const chunk = withBytes(sent, bytes);
    if (carriage === 'as sent' || (objectMode && carriage === 'byte by byte')) carry(chunk);
    else if (carriage === 'byte by byte') for (const byte of bytes) carry(Uint8Array.of(byte));
    if (carriage === 'merged') {
      if (collected.length === 0)
        clock.after(mergeMs, () => {
          const parts = objectMode ? collected : [Buffer.concat(collected.map(bytesIn))];
          collected = [];
          for (const part of parts) carry(part);
        });
      collected.push(chunk);
    }
  };
  driverSocket.on('data', (chunk: Uint8Array) => !deviceSocket.destroyed && deviceSocket.write(chunk));
  deviceSocket.on('data', fromDevice);
  return {
    driverEnd,
    deviceEnd,
    disturb(bytes) {
      const size = requests ? strangerBytes : (reportBytes ?? bytes.length);
      for (let at = 0; at < bytes.length; at += size) {
        const part = bytes.subarray(at, at + size);
        driverSocket.write(requests ? fromStranger(part) : part);
      }
    },
    damageNext() {
      damage = true;
    },
    pullAfter(bytes, pulled) {
      bytesLeft = bytes;
      onPulled = pulled;
    },
    pull,
  };
}
