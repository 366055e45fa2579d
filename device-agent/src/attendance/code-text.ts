/** What of a scanned code stands for its holder. */
import { parseCitizenCard } from './citizen-card.ts';

/** Longer codes are no cards; the QR of an identity card has about 150 characters. */
const maxCodeLength = 512;

/**
 * The text that is hashed for a tap, or undefined when the code cannot be somebody's card. Of an identity card only the number is used, so that one
 * that was issued anew is still the same person's; the rest is dropped here and never leaves this function. A card whose other fields are misprinted
 * or were mangled on the way still has its number in front.
 */
export function holderOfCode(text: string): string | undefined {
  const trimmed = text.trim();
  if (trimmed === '' || trimmed.length > maxCodeLength) return undefined;
  const card = parseCitizenCard(trimmed);
  if (card !== undefined) return card.number;
  const fields = trimmed.split('|');
  const holder = fields.length >= 7 ? fields[0]!.trim() : trimmed;
  return holder === '' ? undefined : holder;
}
