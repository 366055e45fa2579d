/**
 * Kiosk <-> agent on one computer: a Unix socket (named pipe on Windows), one JSON object a line, both ways.
 * The kiosk sends calls, the agent answers each by its `id` and sends notices of its own. A new connection first gets `status`.
 */
import { z } from 'zod';
import { Feedback, TrackingCode } from './kiosk.ts';
import { Receipt } from './receipt.ts';

/** What the screens need to know of the agent. Sent on connect and on each change. */
export const AgentStatus = z.object({
  agentVersion: z.string(),
  deviceName: z.string(),
  siteName: z.string().optional(),
  /** `unclaimed`: no code yet (the centre cannot be reached). `waiting`: the code is on the screen. */
  enrolment: z.discriminatedUnion('state', [
    z.object({ state: z.literal('unclaimed'), code: z.string().optional(), message: z.string().optional() }),
    z.object({
      state: z.literal('waiting'),
      userCode: z.string(),
      fingerprint: z.string(),
      verificationUri: z.string(),
      verificationUriComplete: z.string(),
      expiresAtMs: z.int(),
    }),
    z.object({ state: z.literal('denied') }),
    z.object({ state: z.literal('enrolled'), deviceId: z.string(), siteId: z.string(), certificateNotAfterMs: z.int() }),
    z.object({ state: z.literal('revoked') }),
  ]),
  brokerConnected: z.boolean(),
  pendingEvents: z.int().min(0),
  clockQuality: z.enum(['unknown', 'rtc', 'site', 'ntp']),
  /** Wall time of the agent when this was sent, so that the page can show expiry without trusting two clocks. */
  nowMs: z.int(),
  slots: z.array(
    z.object({
      slot: z.string(),
      kind: z.string(),
      /** Of the driver, for people. */
      title: z.object({ vi: z.string(), en: z.string() }).optional(),
      state: z.enum(['opening', 'open', 'lost', 'closed']),
      readsCards: z.boolean(),
      printsReceipts: z.boolean().optional(),
    }),
  ),
});
export type AgentStatus = z.infer<typeof AgentStatus>;

/** Notices of the agent. `tap.accepted` is sent only after the event is on disk. */
export const AgentNotice = z.discriminatedUnion('notice', [
  z.object({ notice: z.literal('status'), status: AgentStatus }),
  z.object({ notice: z.literal('tap.accepted'), tapId: z.string(), slot: z.string(), wallMs: z.int() }),
  /** The disk refused: the person must be told that the tap did not count. */
  z.object({ notice: z.literal('tap.refused'), slot: z.string(), code: z.string() }),
  /** Follows `tap.accepted` within requestTimeoutMs. `offline`: nobody could be asked; the tap counts all the same. */
  z.object({
    notice: z.literal('tap.identified'),
    tapId: z.string(),
    who: z.discriminatedUnion('result', [
      z.object({ result: z.literal('known'), name: z.string(), group: z.string() }),
      z.object({ result: z.literal('unknown') }),
      z.object({ result: z.literal('offline') }),
    ]),
  }),
  /** The same card again within the repeat time: nothing was recorded, the screen says "already". */
  z.object({ notice: z.literal('tap.repeated'), slot: z.string() }),
]);
export type AgentNotice = z.infer<typeof AgentNotice>;

/** Methods the kiosk may call: parameters and result. */
export const agentMethods = {
  'status.get': { params: z.strictObject({}), result: AgentStatus },
  'feedback.submit': { params: Feedback, result: z.object({ trackingCode: TrackingCode }) },
  /** Answered when it is printed, within receiptTimeoutMs; else PRINTER_PAPER_OUT, PRINTER_COVER_OPEN, PRINTER_FAULT, PRINTER_OFFLINE, CONFLICT. */
  'receipt.print': { params: Receipt, result: z.object({ confirmed: z.boolean() }) },
  /** Asks for a new code after one expired or was denied. */
  'enrolment.restart': { params: z.strictObject({}), result: z.object({}) },
} as const;
export type AgentMethod = keyof typeof agentMethods;
export type MethodParams<M extends AgentMethod> = z.infer<(typeof agentMethods)[M]['params']>;
export type MethodResult<M extends AgentMethod> = z.infer<(typeof agentMethods)[M]['result']>;

export const KioskCall = z.strictObject({
  id: z.int().min(1),
  method: z.enum(Object.keys(agentMethods) as [AgentMethod, ...AgentMethod[]]),
  params: z.unknown(),
});
export type KioskCall = z.infer<typeof KioskCall>;
export const AgentReply = z.union([
  z.strictObject({ id: z.int(), ok: z.literal(true), result: z.unknown() }),
  z.strictObject({ id: z.int(), ok: z.literal(false), code: z.string(), message: z.string() }),
]);
export type AgentReply = z.infer<typeof AgentReply>;
