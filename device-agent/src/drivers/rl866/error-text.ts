/** Error codes of RL866 pads, what to do about them, and whether the same may work at the next try. Source: README.md (Appendix C of the maker's manual). */

const errors: Readonly<Record<number, { says: string; again: boolean }>> = {
  3: { says: 'the pad does not support this; program the tag on another reader', again: false },
  4: { says: 'the tag did not answer; lay it flat on the pad', again: true },
  7: { says: 'the buffer of the pad overflowed; take some items away', again: true },
  261: { says: 'the pad refused a parameter; look at its firmware version, then report it', again: false },
  1045: { says: 'the pad lost its connection to the tag; lay it flat on the pad', again: true },
  1046: { says: 'the tag wants a password; use a tag that is not protected', again: false },
  1051: { says: 'the block is locked, or the tag has no such block; use another tag', again: false },
  1052: { says: 'the tag has no such block; use a tag with more memory', again: false },
  1053: { says: 'the tag is locked with a password; use another tag', again: false },
  1054: { says: 'the tag wants a password; use a tag that is not protected', again: false },
  1056: { says: 'the tag is not in the field; lay it flat on the pad', again: true },
  1057: { says: 'the pad does not know this type of tag; use an ISO 15693 tag', again: false },
};

/** `says` is a sentence without its full stop that ends with what to do. */
export function errorText(code: number): { says: string; again: boolean } {
  const known = errors[code];
  if (known !== undefined) return known;
  const says = `the pad reports error ${code.toString(16).toUpperCase().padStart(3, '0')}`;
  // 400..424: the radio
  if (code >= 0x400 && code <= 0x424) return { says: `${says}; lay the tag flat on the pad, away from metal`, again: true };
  return { says: `${says}; unplug it for ten seconds, and if that does not help report it`, again: false };
}
