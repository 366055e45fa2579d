/**
 * Questions. Published to `.../request/{service}`, answered at `.../response/{service}` by a service in the site broker, within
 * requestTimeoutMs or not at all; the caller then does what it does offline. `id` ties the answer to the question.
 */
import { z } from 'zod';
import { CardHash } from './ids.ts';

export const requestServices = {
  /** Who is this card? */
  'who-is': {
    question: z.strictObject({ cardHash: CardHash }),
    answer: z.union([
      z.strictObject({ known: z.literal(true), personId: z.string(), name: z.string(), group: z.string() }),
      z.strictObject({ known: z.literal(false) }),
    ]),
  },
  /** What time is it? The site broker is the devices' time source; the caller halves the round trip. */
  time: { question: z.strictObject({}), answer: z.strictObject({ wallMs: z.int() }) },
} as const;
export type RequestService = keyof typeof requestServices;
export type Question<S extends RequestService> = z.infer<(typeof requestServices)[S]['question']>;
export type Answer<S extends RequestService> = z.infer<(typeof requestServices)[S]['answer']>;

export const RequestEnvelope = z.strictObject({ id: z.uuid(), question: z.record(z.string(), z.unknown()) });
export type RequestEnvelope = z.infer<typeof RequestEnvelope>;
export const ResponseEnvelope = z.union([
  z.strictObject({ id: z.uuid(), ok: z.literal(true), answer: z.record(z.string(), z.unknown()) }),
  z.strictObject({ id: z.uuid(), ok: z.literal(false), code: z.string(), message: z.string() }),
]);
export type ResponseEnvelope = z.infer<typeof ResponseEnvelope>;
