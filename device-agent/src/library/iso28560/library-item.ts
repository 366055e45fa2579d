/** What a library's tag says, whatever its format. */
export type LibraryItem = {
  /** Barcode, or number of a patron's card. */
  primaryItemId: string;
  /** ISO 15511 with its hyphen: `VN-…`, `DK-718500`. */
  ownerIsil?: string;
  /** 0 being acquired, 1 circulating, 2 not for loan, 5 to be discarded soon, 7 discarded, 8 patron's card, 9 equipment; the rest is reserved. */
  usage?: number;
  /** Part 3 of 12. */
  partNumber?: number;
  partCount?: number;
};

export const dsfids = { format2: 0x06, format3: 0x3e } as const;
/** Application family as gates look at it. */
export const afis = { inLibrary: 0x07, onLoan: 0xc2 } as const;
