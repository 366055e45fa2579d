/** Cards on PC/SC readers: what kind of card an answer to reset names, and the number that GET DATA gives. Sources: README.md. */
import { CardUid } from '@tramhoc/protocol/ids';

/** GET DATA, the card's number. PC/SC part 3, 3.2.2.1.3. */
export const getUid = Uint8Array.of(0xff, 0xca, 0x00, 0x00, 0x00);

/** ACR122U API, 6.7: whether the reader beeps by itself when it finds a card. Other makers' readers refuse it. */
export const setBeep = (beep: 'on' | 'off'): Uint8Array => Uint8Array.of(0xff, 0x00, 0x52, beep === 'on' ? 0xff : 0x00, 0x00);

export type CardTechnology = 'iso14443' | 'iso15693';
/** `other`: low frequency, FeliCa and contact memory cards, which the rest of the system does not know. */
export type AtrKind = CardTechnology | 'other';

/** 3B 8n 80 01, category 80, application identifier 4F 0C, the RID of PC/SC. Part 3, 3.1.3.2.3.2. */
const storageCard = Uint8Array.of(0x80, 0x01, 0x80, 0x4f, 0x0c, 0xa0, 0x00, 0x00, 0x03, 0x06);

/**
 * Memory cards (MIFARE, NTAG, tags) say by which standard they speak. Cards with a processor have an answer of their own; on a contactless reader they
 * are ISO 14443. An answer whose check byte is wrong says nothing.
 */
export function technologyOf(atr: Uint8Array): AtrKind {
  if (atr.length < 15 || !storageCard.every((byte, at) => atr[at + 2] === byte)) return 'iso14443';
  if (atr.subarray(1).reduce((sum, byte) => sum ^ byte, 0) !== 0) return 'iso14443';
  const standard = atr[12]!;
  if (standard >= 0x09 && standard <= 0x0c) return 'iso15693';
  // 00: no information given
  return standard === 0 || (standard >= 0x01 && standard <= 0x07) ? 'iso14443' : 'other';
}

export type UidAnswer =
  | { uid: CardUid; technology: CardTechnology }
  /** It changes each time: telephones. */
  | { random: true }
  /** Status word of a card that has no number to give, as four hex digits. */
  | { refused: string };

/**
 * Response to GET DATA: the number, most significant byte first except for ISO 15693, and 90 00. Eight bytes are ISO 15693 whatever the answer to reset
 * said: no other card has so many, and one that is laid down in the place of another within half a second is not announced. undefined when it is no
 * response at all.
 */
export function uidIn(response: Uint8Array, announced: CardTechnology): UidAnswer | undefined {
  if (response.length < 2) return undefined;
  const status = hex(response.subarray(-2));
  const number = response.subarray(0, -2);
  if (status !== '9000') return { refused: status };
  const technology = number.length === 8 ? 'iso15693' : announced;
  const turned = number.length === 8 && number[0] !== 0xe0 && number[7] === 0xe0;
  const parsed = CardUid.safeParse(hex(turned ? number.toReversed() : number));
  if (!parsed.success) return undefined;
  // ISO/IEC 14443-3, 6.5.4: four bytes that begin with 08 are made anew for each reader
  return technology === 'iso14443' && number.length === 4 && number[0] === 0x08 ? { random: true } : { uid: parsed.data, technology };
}

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).toUpperCase().padStart(2, '0')).join('');
