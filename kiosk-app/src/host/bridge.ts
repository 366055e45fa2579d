/**
 * What a page may ask of its host, and hear from it. Two hosts carry it: Electron over IPC (`bridge.preload.ts`, `bridge-ipc.main.ts`) and a browser
 * over a WebSocket (`web-host.ts`, `web-bridge.ts`). Every message is checked by these schemas on both sides.
 */
import { Feedback, TrackingCode } from '@tramhoc/protocol/kiosk';
import { AgentNotice } from '@tramhoc/protocol/local-link';
import { Receipt } from '@tramhoc/protocol/receipt';
import { z } from 'zod';

/** Questions of the page that the agent answers, and their answers. */
export const bridgeCalls = {
  submitFeedback: { method: 'feedback.submit', params: Feedback, result: z.object({ trackingCode: TrackingCode }) },
  printReceipt: { method: 'receipt.print', params: Receipt, result: z.object({ confirmed: z.boolean() }) },
  restartEnrolment: { method: 'enrolment.restart', params: z.strictObject({}), result: z.object({}) },
} as const;
export type BridgeCallName = keyof typeof bridgeCalls;

export const BridgeCall = z.discriminatedUnion('call', [
  z.strictObject({ call: z.literal('submitFeedback'), params: bridgeCalls.submitFeedback.params }),
  z.strictObject({ call: z.literal('printReceipt'), params: bridgeCalls.printReceipt.params }),
  z.strictObject({ call: z.literal('restartEnrolment'), params: bridgeCalls.restartEnrolment.params }),
]);
export type BridgeCall = z.infer<typeof BridgeCall>;

/** A refusal is a value: the screen says it in words and keeps what was typed. */
export const BridgeAnswer = z.union([
  z.strictObject({ ok: z.literal(true), result: z.unknown() }),
  z.strictObject({ ok: z.literal(false), code: z.string(), message: z.string() }),
]);
export type BridgeAnswer = z.infer<typeof BridgeAnswer>;
export type Outcome<T> = { ok: true; result: T } | { ok: false; code: string; message: string };

/** What the host tells the page. On `listen` the page first gets `agent`, then the last `status` when there is one. */
export const BridgeNews = z.discriminatedUnion('news', [
  /** Whether the link to the agent is up. */
  z.strictObject({ news: z.literal('agent'), connected: z.boolean() }),
  z.strictObject({ news: z.literal('notice'), notice: AgentNotice }),
  /** Seconds until the wipe; without them no countdown runs. */
  z.strictObject({ news: z.literal('countdown'), seconds: z.int().min(0).optional() }),
]);
export type BridgeNews = z.infer<typeof BridgeNews>;

/** Words of the page that have no answer. `alive` comes every heartbeatMs; without it Electron restarts the page. */
export const BridgeSignal = z.enum(['listen', 'touched', 'end', 'alive']);
export type BridgeSignal = z.infer<typeof BridgeSignal>;

export const heartbeatMs = 2_000;
/** Calls under way at once: a page has one form and one button; more is a fault of the page. */
export const maxPendingCalls = 8;
/** A frame of the WebSocket. Feedback has at most 2,000 characters, a status with 8 slots about 2 KiB. */
export const maxFrameBytes = 32 * 1024;

/** Frozen, and all that a page has. It never rejects; `listen` returns what ends it. */
export type Bridge = Readonly<{
  submitFeedback(feedback: Feedback): Promise<Outcome<{ trackingCode: TrackingCode }>>;
  printReceipt(receipt: Receipt): Promise<Outcome<{ confirmed: boolean }>>;
  restartEnrolment(): Promise<Outcome<Record<string, never>>>;
  listen(listener: (news: BridgeNews) => void): () => void;
  touched(): void;
  endSession(): void;
  alive(): void;
}>;

/** Frames of the WebSocket. The page asks with a number that the answer repeats. */
export const FrameFromPage = z.strictObject({ id: z.int().min(1), call: BridgeCall });
export type FrameFromPage = z.infer<typeof FrameFromPage>;
export const FrameFromHost = z.union([z.strictObject({ id: z.int(), answer: BridgeAnswer }), z.strictObject({ news: BridgeNews })]);
export type FrameFromHost = z.infer<typeof FrameFromHost>;

/** Turns an answer into the outcome of one call; an answer that does not fit is a fault of the host, said as INTERNAL. */
export function outcomeOf<T>(answer: unknown, result: z.ZodType<T>): Outcome<T> {
  const parsed = BridgeAnswer.safeParse(answer);
  if (!parsed.success) return { ok: false, code: 'INTERNAL', message: 'the host answered what the page cannot read' };
  if (!parsed.data.ok) return parsed.data;
  const value = result.safeParse(parsed.data.result);
  return value.success
    ? { ok: true, result: value.data }
    : { ok: false, code: 'INTERNAL', message: 'the agent answered what the page cannot read' };
}
