/**
 * Who comes in when everybody comes at once, as after a power cut: as many as the processor can greet, the rest wait their turn with the line open
 * instead of being sent away to come again. Nothing has been read from them yet; the kernel holds their first bytes.
 */
import type { Clock, Timer } from '@tramhoc/base/clock';
import { createRateLimiter, type RateLimit } from '@tramhoc/base/rate-limit';

export type AdmissionLimit = RateLimit & {
  /** Sockets that wait, and how long: a client gives up by itself after its own time-out. */
  waiting: number;
  waitMs: number;
};
/** `gone`: the client has left by itself. */
export type Caller = { enter(): void; refuse(): void; gone(): boolean };

export type Admission = {
  ask(caller: Caller): void;
  waitingCount(): number;
  close(): void;
};

export function createAdmission({ waiting: maxWaiting, waitMs, ...limit }: AdmissionLimit, clock: Clock): Admission {
  const tokens = createRateLimiter(limit, { maxKeys: 1, nowMs: () => clock.monotonicMs() });
  const tokenMs = 1_000 / limit.perSecond;
  let waiting: { caller: Caller; sinceMs: number }[] = [];
  let timer: Timer | undefined;
  let closed = false;

  const admit = (): void => {
    timer = undefined;
    const nowMs = clock.monotonicMs();
    let at = 0;
    for (; at < waiting.length; at += 1) {
      const { caller, sinceMs } = waiting[at]!;
      if (caller.gone()) continue;
      if (nowMs - sinceMs > waitMs) caller.refuse();
      else if (tokens.take('all')) caller.enter();
      else break;
    }
    waiting = waiting.slice(at);
    if (waiting.length > 0) timer = clock.after(tokenMs, admit, { background: true });
  };

  return {
    ask(caller) {
      if (waiting.length === 0 && tokens.take('all')) caller.enter();
      else if (closed || waiting.length >= maxWaiting) caller.refuse();
      else {
        waiting.push({ caller, sinceMs: clock.monotonicMs() });
        timer ??= clock.after(tokenMs, admit, { background: true });
      }
    },
    waitingCount: () => waiting.length,
    close() {
      closed = true;
      timer?.cancel();
      for (const { caller } of waiting) caller.refuse();
      waiting = [];
    },
  };
}
