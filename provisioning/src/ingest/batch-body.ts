/** The body of POST /v1/events: a JSON array, plain or zstd, never larger than agreed once unpacked. */
import { zstdDecompress } from 'node:zlib';
import { TramError } from '@tramhoc/protocol/errors';
import { maxUpstreamBytes, maxUpstreamEvents } from '@tramhoc/protocol/limits';

/** A full batch of taps comes out in one piece. */
const usualBytes = 512 * 1024;

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
  return await new Promise((resolve, reject) => {
    zstdDecompress(body, { maxOutputLength: maxUpstreamBytes, chunkSize: usualBytes }, (cause, bytes) => {
      if (cause === null) resolve(bytes);
      else if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE')
        reject(
          new TramError('PAYLOAD_TOO_LARGE', `the batch unpacks to more than ${maxUpstreamBytes} bytes; send fewer events at once.`, {
            cause,
          }),
        );
      else reject(new TramError('PAYLOAD_MALFORMED', 'the body is not a whole zstd frame; send the batch again.', { cause }));
    });
  });
}
