/** Calls under way on a link: numbered, limited, each with a deadline. */
import type { Clock, Timer } from '@tramhoc/base/clock';

export type PendingCalls<Reply> = {
  /** Takes a number for a call; `settle` gets its reply, once. undefined when too many are under way. `timeoutMs`: of a call that takes longer. */
  add(settle: (reply: Reply) => void, timeoutMs?: number): number | undefined;
  /** Nothing happens for a number that is not waiting (any more). */
  settle(id: number, reply: Reply): void;
  settleAll(reply: Reply): void;
};

export function pendingCalls<Reply>({
  limit,
  timeoutMs,
  late,
  clock,
}: {
  limit: number;
  timeoutMs: number;
  /** What a call gets whose deadline has passed. */
  late(): Reply;
  clock: Pick<Clock, 'after'>;
}): PendingCalls<Reply> {
  const waiting = new Map<number, { settle(reply: Reply): void; timer: Timer }>();
  let nextId = 1;
  const settle = (id: number, reply: Reply): void => {
    const call = waiting.get(id);
    if (call === undefined) return;
    waiting.delete(id);
    call.timer.cancel();
    call.settle(reply);
  };
  return {
    add(onReply, ownTimeoutMs = timeoutMs) {
      if (waiting.size >= limit) return undefined;
      const id = nextId++;
      waiting.set(id, { settle: onReply, timer: clock.after(ownTimeoutMs, () => settle(id, late())) });
      return id;
    },
    settle,
    settleAll(reply) {
      for (const id of [...waiting.keys()]) settle(id, reply);
    },
  };
}
