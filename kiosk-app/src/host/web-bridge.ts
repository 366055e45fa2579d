/** The bridge in a browser: calls and news over the WebSocket of the web host, the idle timer in the page itself. */
import type { Clock } from '@tramhoc/base/clock';
import { receiptTimeoutMs } from '@tramhoc/protocol/limits';
import type { z } from 'zod';
import { type IdleLimits, publicIdleLimits } from '../session/idle-machine.ts';
import { type IdleTimer, startIdleTimer } from '../session/idle-timer.ts';
import {
  type Bridge,
  type BridgeAnswer,
  type BridgeCall,
  type BridgeNews,
  bridgeCalls,
  FrameFromHost,
  maxPendingCalls,
  type Outcome,
  outcomeOf,
} from './bridge.ts';
import { pendingCalls } from './pending-calls.ts';

/** Reconnecting on one computer costs nothing; a child waits in front of it. */
const reconnectMs = 1_000;
/** Longer than the host waits for the agent, so that the host's own answer arrives first. */
const callTimeoutMs = 8_000;
const printTimeoutMs = receiptTimeoutMs + 3_000;

type PageClock = Pick<Clock, 'monotonicMs' | 'after'>;

/** `wipe` must leave nothing of the session in the page: it loads the page anew. */
export function createWebBridge(
  { socketUrl, protocols, idle = publicIdleLimits }: { socketUrl: string; protocols: string[]; idle?: IdleLimits },
  { clock, wipe }: { clock: PageClock; wipe(): void },
): Bridge {
  const listeners = new Set<(news: BridgeNews) => void>();
  const late = (): BridgeAnswer => refusal('REQUEST_TIMEOUT', 'the host did not answer');
  const pending = pendingCalls<BridgeAnswer>({ limit: maxPendingCalls, timeoutMs: callTimeoutMs, late, clock });
  let socket: WebSocket | undefined;
  let agentUp = false;
  let lastStatus: BridgeNews | undefined;

  const tell = (news: BridgeNews): void => {
    if (news.news === 'agent') agentUp = news.connected;
    if (news.news === 'notice' && news.notice.notice === 'status') lastStatus = news;
    for (const listener of listeners) listener(news);
  };
  const open = (): void => {
    const current = new WebSocket(socketUrl, protocols);
    socket = current;
    current.onmessage = ({ data }: MessageEvent<unknown>) => {
      const frame = FrameFromHost.safeParse(parsed(data));
      if (!frame.success) return;
      if ('news' in frame.data) tell(frame.data.news);
      else pending.settle(frame.data.id, frame.data.answer);
    };
    current.onclose = () => {
      if (agentUp) tell({ news: 'agent', connected: false });
      pending.settleAll(refusal('LINK_CLOSED', 'the host closed the link'));
      clock.after(reconnectMs, open);
    };
  };
  open();
  const idleTimer: IdleTimer = startIdleTimer({
    limits: idle,
    clock,
    onCountdown: (seconds) => tell(seconds === undefined ? { news: 'countdown' } : { news: 'countdown', seconds }),
    onWipe: wipe,
  });

  const ask = <T>(call: BridgeCall, result: z.ZodType<T>): Promise<Outcome<T>> =>
    new Promise((resolve) => {
      if (socket?.readyState !== WebSocket.OPEN) return resolve(refusal('LOCAL_LINK_UNAVAILABLE', 'the host is away'));
      const timeoutMs = call.call === 'printReceipt' ? printTimeoutMs : callTimeoutMs;
      const id = pending.add((answer) => resolve(outcomeOf(answer, result)), timeoutMs);
      if (id === undefined) resolve(refusal('RATE_LIMITED', 'too many calls under way'));
      else socket.send(JSON.stringify({ id, call }));
    });

  return Object.freeze<Bridge>({
    submitFeedback: (params) => ask({ call: 'submitFeedback', params }, bridgeCalls.submitFeedback.result),
    printReceipt: (params) => ask({ call: 'printReceipt', params }, bridgeCalls.printReceipt.result),
    restartEnrolment: () =>
      ask({ call: 'restartEnrolment', params: {} }, bridgeCalls.restartEnrolment.result) as ReturnType<Bridge['restartEnrolment']>,
    listen(listener) {
      listeners.add(listener);
      listener({ news: 'agent', connected: agentUp });
      if (lastStatus !== undefined) listener(lastStatus);
      return () => listeners.delete(listener);
    },
    touched: () => idleTimer.input(),
    endSession: () => idleTimer.end(),
    alive: () => undefined,
  });
}

function refusal(code: string, message: string): { ok: false; code: string; message: string } {
  return { ok: false, code, message };
}

function parsed(data: unknown): unknown {
  try {
    return JSON.parse(String(data));
  } catch {
    return undefined;
  }
}
