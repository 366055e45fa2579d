/** What of a scanned code stands for its holder. */

/** Longer codes are no cards; the QR of an identity card has about 150 characters. */
const maxCodeLength = 512;

/**
 * The text that is hashed for a tap, or undefined when the code cannot be somebody's card. The QR code of a citizen's identity card (CCCD) carries
 * `number|old number|name|birth|sex|address|issued`: only the number is used, so that a card that was issued anew is still the same person's, and
 * the rest is dropped here and never leaves this function. Source: layout of the CCCD's QR, Ministry of Public Security (7 fields; newer ones have more).
 */
export function holderOfCode(text: string): string | undefined {
  const trimmed = text.trim();
  if (trimmed === '' || trimmed.length > maxCodeLength) return undefined;
  const fields = trimmed.split('|');
  const holder = fields.length >= 7 ? fields[0]!.trim() : trimmed;
  return holder === '' ? undefined : holder;
}
