/** What is to be printed on a receipt, as data: how wide the paper is and how the printer is spoken to is the driver's business. */
import { z } from 'zod';

/** One line of text; longer ones are broken at spaces by whoever prints them. Line breaks and other control characters are not text. */
const Text = z
  .string()
  .max(400)
  .regex(/^\P{Cc}*$/u, 'text without line breaks');

export const ReceiptLine = z.discriminatedUnion('line', [
  /** Large, bold, in the middle. */
  z.strictObject({ line: z.literal('title'), text: Text }),
  z.strictObject({ line: z.literal('text'), text: Text, bold: z.boolean().optional(), centred: z.boolean().optional() }),
  /** A name at the left edge and its value at the right one. */
  z.strictObject({ line: z.literal('columns'), left: Text, right: Text, bold: z.boolean().optional() }),
  z.strictObject({ line: z.literal('rule') }),
  z.strictObject({ line: z.literal('space') }),
  /** A QR code in the middle. 300 bytes still make modules that a telephone reads from paper of 58 mm. */
  z.strictObject({ line: z.literal('qr'), text: z.string().min(1).max(300) }),
  /** The paper is cut here; at the end of the receipt it is cut anyway. */
  z.strictObject({ line: z.literal('cut') }),
]);
export type ReceiptLine = z.infer<typeof ReceiptLine>;

/** 60 lines are half a metre of paper; nobody asked for more on a receipt. */
export const Receipt = z.strictObject({ lines: z.array(ReceiptLine).min(1).max(60) });
export type Receipt = z.infer<typeof Receipt>;
