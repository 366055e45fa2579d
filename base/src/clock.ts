/** Two clocks and timers, handed to whoever needs them. Durations come from `monotonicMs`; `wallMs` is for people and may jump. */

import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { BootId } from '@tramhoc/protocol/ids';

export type Timer = { cancel(): void };

export type Clock = {
  /** Milliseconds since 1970 by the wall clock; jumps when somebody sets it. */
  wallMs(): number;
  /** Milliseconds that only grow, since an arbitrary start; stops in suspend. */
  monotonicMs(): number;
  /** CLOCK_MONOTONIC in nanoseconds; comparable between processes of one boot. */
  monotonicNs(): bigint;
  readonly bootId: BootId;
  /** Runs `fire` once after `delayMs`. Timers do not keep the process alive by themselves when `background` is set. */
  after(delayMs: number, fire: () => void, options?: { background?: boolean }): Timer;
  /** Resolves after `delayMs`, or rejects with the signal's reason. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>;
};

/** Runs `fire` every `periodMs` until cancelled; a slow `fire` delays the next one, it never overlaps. */
export function every(clock: Clock, periodMs: number, fire: () => void | Promise<void>): Timer {
  let cancelled = false;
  let timer: Timer | undefined;
  const arm = (): void => {
    timer = clock.after(periodMs, () => {
      void Promise.resolve(fire()).finally(() => {
        if (!cancelled) arm();
      });
    });
  };
  arm();
  return {
    cancel() {
      cancelled = true;
      timer?.cancel();
    },
  };
}

/** `sleep` in terms of `after`, shared by every clock. */
export function sleepWith(after: Clock['after'], delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(signal.reason);
      return;
    }
    const onAbort = (): void => {
      timer.cancel();
      reject(signal?.reason);
    };
    const timer = after(delayMs, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/** The clock of this computer. */
export function systemClock(): Clock {
  const after: Clock['after'] = (delayMs, fire, options) => {
    const handle = setTimeout(fire, Math.min(delayMs, 0x7fff_ffff));
    if (options?.background === true) handle.unref();
    return { cancel: () => clearTimeout(handle) };
  };
  return {
    wallMs: () => Date.now(),
    monotonicMs: () => Number(process.hrtime.bigint() / 1_000n) / 1_000,
    monotonicNs: () => process.hrtime.bigint(),
    bootId: readBootId(),
    after,
    sleep: (delayMs, signal) => sleepWith(after, delayMs, signal),
  };
}

/** Linux names each boot; elsewhere each start of the process counts as a boot, which only widens the error of corrected times. */
function readBootId(): BootId {
  try {
    return BootId.parse(readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim());
  } catch {
    return BootId.parse(randomUUID());
  }
}
