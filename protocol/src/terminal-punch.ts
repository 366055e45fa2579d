/** What attendance terminals (fingerprint, face, card, password) tell: somebody with a PIN was there. */
import { z } from 'zod';

/** How the terminal knew the person; `other`: several ways together, a vein, a palm, or a way it does not name. */
export const PunchVerify = z.enum(['password', 'finger', 'card', 'face', 'other']);
export type PunchVerify = z.infer<typeof PunchVerify>;

/** Which key the person pressed, or which side of the door the terminal hangs on; `unknown` on most terminals. */
export const PunchDirection = z.enum(['in', 'out', 'unknown']);
export type PunchDirection = z.infer<typeof PunchDirection>;

/** As printed on the terminal's label: `0316144680030`, `GA6820584`, or its MAC address where it has nothing else. */
export const TerminalSerial = z.string().regex(/^[0-9A-Za-z][0-9A-Za-z:_-]{0,39}$/, '1 to 40 letters, digits, dashes or colons');

/** The longest PIN field of any terminal we know has 24 bytes. */
const pinShape = /^[0-9A-Za-z]{1,24}$/;

/**
 * The text that is hashed in place of a card number for the person with this PIN: `PIN:1023`. Terminals drop the zeros in front of a PIN or keep
 * them, and some know capitals only: both are made alike. undefined when it cannot be a PIN; `0` is what terminals send for nobody.
 */
export function pinNumber(pin: string): string | undefined {
  const text = pin.trim();
  if (!pinShape.test(text)) return undefined;
  const plain = /^\d+$/.test(text) ? text.replace(/^0+/, '') : text.toUpperCase();
  return plain === '' ? undefined : `PIN:${plain}`;
}

/** Whether `text` is a wall time `YYYY-MM-DDTHH:mm:ss` of a day and an hour that exist. */
export function isLocalTime(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}$/.test(text)) return false;
  const ms = Date.parse(`${text}Z`);
  // 2026-02-30 would be taken for 2 March
  return !Number.isNaN(ms) && new Date(ms).toISOString().slice(0, 19) === text;
}
