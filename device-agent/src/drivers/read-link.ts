/** How every driver and simulator listens to its link. */
import type { Duplex } from 'node:stream';

/**
 * Hands each chunk to `onBytes`; `onGone` runs once when the link closes by itself. After `stop` the link holds no listener of ours and is
 * paused, so that nothing is thrown away unseen.
 */
export function readLink(link: Duplex, { onBytes, onGone }: { onBytes(chunk: Uint8Array): void; onGone(): void }): { stop(): void } {
  // 'close' follows every error and is what counts; without a listener the error would end the process
  const ignore = (): void => undefined;
  const stop = (): void => {
    link.off('data', onBytes);
    link.off('close', onClose);
    link.off('error', ignore);
    if (!link.destroyed) link.pause();
  };
  const onClose = (): void => {
    stop();
    onGone();
  };
  link.on('error', ignore);
  link.on('close', onClose);
  link.on('data', onBytes);
  return { stop };
}

/** What was kept back, and the new chunk. */
export function joined(rest: Uint8Array, chunk: Uint8Array): Uint8Array {
  if (rest.length === 0) return chunk;
  const both = new Uint8Array(rest.length + chunk.length);
  both.set(rest);
  both.set(chunk, rest.length);
  return both;
}
