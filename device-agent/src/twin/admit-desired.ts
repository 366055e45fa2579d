/** Whether a document from the broker is the one to follow. */
import { desiredHash } from '@tramhoc/base/digest';
import { faults } from '@tramhoc/protocol/event';
import { maxTwinBytes } from '@tramhoc/protocol/limits';
import { DesiredDocument, twinLimitFault } from '@tramhoc/protocol/twin';
import type { WishError } from './plan-wishes.ts';

export type Admission =
  | { verdict: 'follow'; document: DesiredDocument }
  /** Already followed, or cleared by the centre: nothing to do. */
  | { verdict: 'nothing' }
  | { verdict: 'refuse'; error: WishError };

const refuse = (code: WishError['code'], message: string): Admission => ({
  verdict: 'refuse',
  error: { key: 'document', code, message: message.slice(0, 300) },
});

/**
 * The newest version wins. The same version with another hash is followed too: the centre was put back from a backup and counted again, and what it
 * says now is its word. A lower version is refused and our version reported, so that the centre can count on from there.
 */
export function admitDesired(payload: Buffer, known: DesiredDocument | undefined): Admission {
  if (payload.length === 0) return { verdict: 'nothing' };
  // the document itself has at most maxTwinBytes; version and hash come on top
  if (payload.length > maxTwinBytes + 1_024) return refuse('TWIN_TOO_LARGE', `${payload.length} bytes; at most ${maxTwinBytes}.`);
  let input: unknown;
  try {
    input = JSON.parse(payload.toString('utf8'));
  } catch {
    return refuse('TWIN_INVALID', 'the desired document is not JSON; save the config in the console again.');
  }
  const limit = twinLimitFault((input as { desired?: unknown } | null)?.desired ?? null);
  if (limit !== undefined) return refuse('TWIN_TOO_LARGE', `the desired document is ${limit}; make it smaller in the console.`);
  const parsed = DesiredDocument.safeParse(input);
  if (!parsed.success) return refuse('TWIN_INVALID', `the desired document: ${faults(parsed.error)}`);
  const document = parsed.data;
  if (desiredHash(document.desired) !== document.hash)
    return refuse('TWIN_INVALID', `version ${document.version} does not fit its hash: it was damaged on the way.`);
  if (known === undefined || document.version > known.version) return { verdict: 'follow', document };
  if (document.version === known.version) return document.hash === known.hash ? { verdict: 'nothing' } : { verdict: 'follow', document };
  return refuse('TWIN_VERSION_CONFLICT', `version ${document.version} is older than ${known.version}, which runs; save the config again.`);
}
