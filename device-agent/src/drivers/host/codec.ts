/** What driver and computer say to each other: one JSON object a message. The computer is asked, and answers in its own time. */
import { ComputerLoad, ComputerState, type UsbDevice } from '@tramhoc/protocol/asset';
import { z } from 'zod';

/** `state`: everything but what is plugged in; `usb`: that; `load`: how busy it is just now. */
export const HostQuestion = z.enum(['state', 'usb', 'load']);
export type HostQuestion = z.infer<typeof HostQuestion>;

/** A computer with every list full stays below a fifth of this. */
export const maxMessageBytes = 256 * 1024;

export const HostAnswer = z.discriminatedUnion('told', [
  z.strictObject({ told: z.literal('state'), state: ComputerState.omit({ usb: true }) }),
  z.strictObject({ told: z.literal('usb'), devices: ComputerState.shape.usb }),
  z.strictObject({ told: z.literal('load'), load: ComputerLoad }),
]);
export type HostAnswer = z.infer<typeof HostAnswer>;
export type HostState = Extract<HostAnswer, { told: 'state' }>['state'];
export type { UsbDevice };

const Question = z.strictObject({ ask: HostQuestion });

export function encodeQuestion(ask: HostQuestion): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({ ask }));
}

/** undefined when it is no question. */
export function decodeQuestion(message: Uint8Array): HostQuestion | undefined {
  const parsed = Question.safeParse(jsonIn(message));
  return parsed.success ? parsed.data.ask : undefined;
}

export function encodeAnswer(answer: HostAnswer): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(answer));
}

/** undefined when it is no answer, or one that does not fit the contract. */
export function decode(message: Uint8Array): HostAnswer | undefined {
  const parsed = HostAnswer.safeParse(jsonIn(message));
  return parsed.success ? parsed.data : undefined;
}

function jsonIn(message: Uint8Array): unknown {
  if (message.length > maxMessageBytes) return undefined;
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(message));
  } catch {
    return undefined;
  }
}
