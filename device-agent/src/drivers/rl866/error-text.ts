/** Error codes of RL866 pads, and whether the same may work at the next try. Source: README.md (Appendix C of the maker's manual). */

const errors: Readonly<Record<number, { says: string; again: boolean }>> = {
  3: { says: 'the pad does not support this', again: false },
  4: { says: 'the tag did not answer', again: true },
  7: { says: 'the buffer of the pad overflowed', again: true },
  261: { says: 'the pad refused a parameter', again: false },
  1045: { says: 'the pad lost its connection to the tag', again: true },
  1046: { says: 'the tag wants a password', again: false },
  1051: { says: 'the block is locked, or the tag has no such block', again: false },
  1052: { says: 'the tag has no such block', again: false },
  1053: { says: 'the tag is locked with a password', again: false },
  1054: { says: 'the tag wants a password', again: false },
  1056: { says: 'the tag is not in the field', again: true },
  1057: { says: 'the pad does not know this type of tag', again: false },
};

export function errorText(code: number): { says: string; again: boolean } {
  const known = errors[code];
  if (known !== undefined) return known;
  // 400..424: the radio
  return { says: `the pad reports error ${code.toString(16).padStart(3, '0')}`, again: code >= 0x400 && code <= 0x424 };
}
