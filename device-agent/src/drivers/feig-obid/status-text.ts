/** What a FEIG reader means by its STATUS, and whether the same may work at the next try. Manual H20800, annex; sources in README.md. */

const statuses: Readonly<Record<number, { says: string; again: boolean }>> = {
  1: { says: 'the tag is not in the field', again: true },
  2: { says: 'the tag was not understood (CRC error)', again: true },
  3: { says: 'the tag could not be written', again: true },
  4: { says: 'the tag has no such block', again: false },
  5: { says: 'the command is not for this type of tag', again: false },
  8: { says: 'the tag wants a password', again: false },
  14: { says: 'the reader reports an error', again: true },
  15: { says: 'the reader is busy', again: true },
  16: { says: 'the reader cannot use its memory', again: false },
  17: { says: 'the reader refused a value', again: false },
  128: { says: 'the reader does not know this command', again: false },
  129: { says: 'the reader refused the length of the command', again: false },
  130: {
    says: 'the reader is in scan, buffered or notification mode; set it to host mode with the maker’s tool, or choose the mode here',
    again: false,
  },
  131: { says: 'the radio of the reader failed', again: true },
  132: { says: 'the reader reports radio trouble', again: true },
  147: { says: 'the buffer of the reader overflowed', again: false },
  241: { says: 'the reader reports a hardware fault; check its antenna and supply', again: false },
};

const tagErrors: Readonly<Record<number, string>> = {
  1: 'it does not support this command',
  2: 'it did not recognise the command',
  3: 'it does not support this option',
  16: 'it has no such block',
  17: 'the block is locked already',
  18: 'the block is locked; use another tag',
  19: 'it could not be programmed',
  20: 'it could not be locked',
};

export function statusText(status: number, data: Uint8Array): { says: string; again: boolean } {
  if (status === 0x95) {
    const code = data[0] ?? 0x0f;
    return { says: `the tag refused: ${tagErrors[code] ?? `error ${code.toString(16)}`}`, again: code === 0x0f || code === 19 };
  }
  return statuses[status] ?? { says: `the reader answered status ${status.toString(16).padStart(2, '0')}`, again: false };
}
