/** What of a scanned code stands for its holder. */
import { citizenNumberIn } from './citizen-card.ts';

/** Longer codes are no cards; the QR of an identity card has about 150 characters. */
const maxCodeLength = 512;
const separatorsAlone = /^[|\s]*$/;

/**
 * The text that is hashed for a tap, or undefined when the code cannot be somebody's card. Of an identity card only the number is used, so that one
 * that was issued anew is still the same person's; the rest is dropped here and never leaves this function. Any other code is its holder's as a whole:
 * what two cards of a school have in common says nothing about who holds them.
 */
export function holderOfCode(text: string): string | undefined {
  const trimmed = text.trim();
  if (separatorsAlone.test(trimmed) || trimmed.length > maxCodeLength) return undefined;
  return citizenNumberIn(trimmed) ?? trimmed;
}
