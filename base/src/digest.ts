/** Hashes that several packages must compute alike. */
import { createHash, createHmac } from 'node:crypto';
import { crockford, inGroups } from '@tramhoc/protocol/base32';
import { KeyFingerprint } from '@tramhoc/protocol/enrolment';
import { CardHash, type CardUid } from '@tramhoc/protocol/ids';
import { canonicalJson, type DesiredState } from '@tramhoc/protocol/twin';

export function sha256Hex(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Hash of a desired state, equal at the centre and on the device. */
export function desiredHash(desired: DesiredState): string {
  return sha256Hex(canonicalJson(desired));
}

/** A card's number as it may leave the site. `cardKey`: 32 bytes, hex. `number`: a UID, or the text of a printed code. */
export function cardHash({ cardKey, number }: { cardKey: string; number: CardUid | string }): CardHash {
  return CardHash.parse(createHmac('sha256', Buffer.from(cardKey, 'hex')).update(number).digest('hex'));
}

/** `spki`: SubjectPublicKeyInfo, DER. */
export function keyFingerprint(spki: Uint8Array): KeyFingerprint {
  return KeyFingerprint.parse(inGroups(crockford(createHash('sha256').update(spki).digest().subarray(0, 10)), 4));
}
