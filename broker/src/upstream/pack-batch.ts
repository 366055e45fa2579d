/** A batch as it travels: zstd. */
import { promisify } from 'node:util';
import { zstdCompress, zstdCompressSync } from 'node:zlib';

/** Some 100 events, 0.1 ms of work. The way to the thread pool and back costs more than that, and on a busy loop two turns of it. */
const atOnceBytes = 64 * 1024;
const inThePool = promisify(zstdCompress);

/** With the length in its head, so that who unpacks it needs no more room than that. */
export async function packBatch(text: string): Promise<Uint8Array> {
  const bytes = Buffer.from(text);
  const options = { pledgedSrcSize: bytes.length };
  return bytes.length > atOnceBytes ? await inThePool(bytes, options) : zstdCompressSync(bytes, options);
}
