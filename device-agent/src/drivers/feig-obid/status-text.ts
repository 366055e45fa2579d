/** What a FEIG reader means by its STATUS, what to do about it, and whether the same may work at the next try. Manual H20800, annex; sources in README.md. */

const statuses: Readonly<Record<number, { says: string; again: boolean }>> = {
  1: { says: 'the tag is not in the field; lay it flat on the reader', again: true },
  2: { says: 'the tag was not understood (CRC error); lay it flat on the reader, away from metal', again: true },
  3: { says: 'the tag could not be written; lay it flat on the reader alone and write it again', again: true },
  4: { says: 'the tag has no such block; use a tag with more memory', again: false },
  5: { says: 'the command is not for this type of tag; use an ISO 15693 tag', again: false },
  8: { says: 'the tag wants a password; use a tag that is not protected', again: false },
  14: { says: 'the reader reports an error; switch its power off and on', again: true },
  15: { says: 'the reader is busy; end other programs that use it', again: true },
  16: { says: 'the reader cannot use its memory; switch its power off and on, and if that does not help have it repaired', again: false },
  17: { says: 'the reader refused a value; look at its firmware version, then report it', again: false },
  128: { says: 'the reader does not know this command; look at its model and firmware version, then report them', again: false },
  129: { says: 'the reader refused the length of the command; look at its firmware version, then report it', again: false },
  130: {
    says: 'the reader is in scan, buffered or notification mode; set it to host mode with the maker’s tool, or choose the mode here',
    again: false,
  },
  131: { says: 'the radio of the reader failed; check its antenna, and keep metal and other readers away', again: true },
  132: {
    says: 'the reader reports radio trouble; check its antenna and the cable to it, and keep metal and other readers away',
    again: true,
  },
  147: { says: 'the buffer of the reader overflowed; switch its power off and on', again: false },
  241: { says: 'the reader reports a hardware fault; check its antenna and supply', again: false },
};

const tagErrors: Readonly<Record<number, string>> = {
  1: 'it does not support this command; use another type of tag',
  2: 'it did not recognise the command; use another type of tag',
  3: 'it does not support this option; use another type of tag',
  15: 'error 0F; lay it flat on the reader alone and try again',
  16: 'it has no such block; use a tag with more memory',
  17: 'the block is locked already; use another tag',
  18: 'the block is locked; use another tag',
  19: 'it could not be programmed; lay it flat on the reader alone and write it again',
  20: 'it could not be locked; use another tag',
};

/** `says` is a sentence without its full stop that ends with what to do. */
export function statusText(status: number, data: Uint8Array): { says: string; again: boolean } {
  if (status === 0x95) {
    const code = data[0] ?? 0x0f;
    const says = tagErrors[code] ?? `error ${hexByte(code)}; use another tag, and if that does not help report it`;
    return { says: `the tag refused: ${says}`, again: code === 0x0f || code === 19 };
  }
  return (
    statuses[status] ?? { says: `the reader answered status ${hexByte(status)}; look it up in its manual, then report it`, again: false }
  );
}

const hexByte = (value: number): string => value.toString(16).toUpperCase().padStart(2, '0');
