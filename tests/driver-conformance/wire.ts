/** A cable between a driver and a simulated device that can cut, merge, delay, disturb and be pulled. USB carries whole reports: those are never cut. */
import { type Duplex, duplexPair } from 'node:stream';
import type { Clock } from '@tramhoc/base/clock';

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

type Shape = { carriage: Carriage; clock: Clock /** Set where reports are carried instead of bytes. */; reportBytes?: number | undefined };

export function wire({ carriage, clock, reportBytes }: Shape): Wire {
  const objectMode = reportBytes !== undefined;
  const [driverEnd, driverSocket] = duplexPair({ objectMode });
  const [deviceEnd, deviceSocket] = duplexPair({ objectMode });
  let damage = false;
  let bytesLeft = Number.POSITIVE_INFINITY;
  let collected: Uint8Array[] = [];
  let onPulled = (): void => undefined;
  const pull = (fault?: Error): void => {
    driverEnd.destroy(fault);
    for (const end of [driverSocket, deviceSocket, deviceEnd]) end.destroy();
    onPulled();
  };
  const carry = (bytes: Uint8Array): void => {
    const part = objectMode && bytes.length > bytesLeft ? new Uint8Array() : bytes.subarray(0, bytesLeft);
    bytesLeft -= objectMode ? Math.min(bytes.length, bytesLeft) : part.length;
    if (part.length > 0 && !driverSocket.destroyed) driverSocket.write(part);
    if (bytesLeft === 0) pull();
  };
  const fromDevice = (chunk: Uint8Array): void => {
    const bytes = Uint8Array.from(chunk);
    if (damage) bytes[Math.floor(bytes.length / 2)]! ^= 0x15;
    damage = false;
    if (carriage === 'as sent' || (objectMode && carriage === 'byte by byte')) carry(bytes);
    else if (carriage === 'byte by byte') for (const byte of bytes) carry(Uint8Array.of(byte));
    if (carriage === 'merged') {
      if (collected.length === 0)
        clock.after(mergeMs, () => {
          const parts = objectMode ? collected : [Buffer.concat(collected)];
          collected = [];
          for (const part of parts) carry(part);
        });
      collected.push(bytes);
    }
  };
  driverSocket.on('data', (chunk: Uint8Array) => !deviceSocket.destroyed && deviceSocket.write(chunk));
  deviceSocket.on('data', fromDevice);
  return {
    driverEnd,
    deviceEnd,
    disturb(bytes) {
      const size = reportBytes ?? bytes.length;
      for (let at = 0; at < bytes.length; at += size) driverSocket.write(bytes.subarray(at, at + size));
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
