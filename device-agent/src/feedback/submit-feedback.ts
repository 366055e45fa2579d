/** A citizen's feedback: on disk with a code to find it again before the screen says thank you. */
import type { Random } from '@tramhoc/base/random';
import { crockford, inGroups } from '@tramhoc/protocol/base32';
import { type Feedback, TrackingCode } from '@tramhoc/protocol/kiosk';
import type { Outbox } from '../outbox/outbox.ts';

/** Throws DISK_FULL, STORE_FULL: then nothing was kept and the person must be told. */
export function submitFeedback(
  feedback: Feedback,
  { outbox, random }: { outbox: Pick<Outbox, 'accept'>; random: Random },
): { trackingCode: TrackingCode } {
  const trackingCode = newTrackingCode(random);
  outbox.accept('vn.tramhoc.kiosk.feedback.v1', { trackingCode, ...feedback });
  return { trackingCode };
}

/** 40 random bits: two of a city's million feedbacks a year share a code about once in two years, and the site tells them apart. */
export function newTrackingCode(random: Random): TrackingCode {
  return TrackingCode.parse(`PA-${inGroups(crockford(random.bytes(5)), 4)}`);
}
