/** The body of POST /v1/events: a JSON array, plain or zstd, never larger than agreed once unpacked. */
import { zstdDecompress, zstdDecompressSync } from 'node:zlib';
import { TramError } from '@tramhoc/protocol/errors';
import { maxUpstreamBytes, maxUpstreamEvents } from '@tramhoc/protocol/limits';

/** A full batch of taps comes out in one piece; room of that size for each batch of a few taps would be work for the garbage collector only. */
const fullBatchBytes = 512 * 1024;
const fewTapsBytes = 32 * 1024;
/** Packed. Unpacked at once: some 10 events, less work than the way to the thread pool and back. */
const smallBytes = 2 * 1024;

/** Throws PAYLOAD_TOO_LARGE, PAYLOAD_MALFORMED. */
export async function readBatch(body: Uint8Array, encoding: string | undefined): Promise<unknown[]> {
  const bytes = await unpack(body, encoding?.trim().toLowerCase() ?? 'identity');
  let batch: unknown;
  try {
    batch = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new TramError('PAYLOAD_MALFORMED', 'the batch is not JSON in UTF-8; send an array of CloudEvents.', { cause });
  }
  if (!Array.isArray(batch)) throw new TramError('PAYLOAD_MALFORMED', 'the batch is not a JSON array; send an array of CloudEvents.');
  if (batch.length > maxUpstreamEvents)
    throw new TramError('PAYLOAD_TOO_LARGE', `${batch.length} events; send at most ${maxUpstreamEvents} at once.`);
  return batch;
}

async function unpack(body: Uint8Array, encoding: string): Promise<Uint8Array> {
  if (encoding === 'identity') return body;
  if (encoding !== 'zstd')
    throw new TramError('PAYLOAD_MALFORMED', `content-encoding ${encoding.slice(0, 20)} is not known here; send zstd or none.`);
  if (body.length <= smallBytes) {
    try {
      return zstdDecompressSync(body, { maxOutputLength: maxAtOnceBytes, chunkSize: fewTapsBytes });
    } catch (cause) {
      // a few bytes may stand for many: those are unpacked where nobody waits for it
      if (!isTooLarge(cause)) throw unpackFault(cause);
    }
  }
  return await new Promise((resolve, reject) => {
    zstdDecompress(body, { maxOutputLength: maxUpstreamBytes, chunkSize: fullBatchBytes }, (cause, bytes) =>
      cause === null ? resolve(bytes) : reject(unpackFault(cause)),
    );
  });
}
const maxAtOnceBytes = 128 * 1024;

const isTooLarge = (cause: unknown): boolean => (cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';

function unpackFault(cause: unknown): TramError {
  return isTooLarge(cause)
    ? new TramError('PAYLOAD_TOO_LARGE', `the batch unpacks to more than ${maxUpstreamBytes} bytes; send fewer events at once.`, { cause })
    : new TramError('PAYLOAD_MALFORMED', 'the body is not a whole zstd frame; send the batch again.', { cause });
}
