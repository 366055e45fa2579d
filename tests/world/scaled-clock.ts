/** The system's clock running faster, so that a day passes in seconds while sockets and disks stay real. */
import { type Clock, sleepWith, systemClock } from '@tramhoc/base/clock';

/** Where scaled time began; processes that share it share their time. `ns`: CLOCK_MONOTONIC, decimal digits. `rate`: a whole number. */
export type ScaledTime = { rate: number; wallMs: number; ns: string };

/**
 * No timer fires before this much real time, or before its whole delay if that is shorter. Timers are also deadlines of real work: five seconds for a port to
 * open, ten for a TLS handshake. Divided by 5760 they would leave a millisecond or two, in which a busy machine opens and shakes nothing.
 */
const floorMs = 500;

/** `rate` 5760: a day takes 15 s. It starts three days ago, so that certificates made in scaled time are valid in real time, which TLS goes by. */
export function scaledTime(rate: number): ScaledTime {
  const real = systemClock();
  return { rate, wallMs: real.wallMs() - 3 * 86_400_000, ns: String(real.monotonicNs()) };
}

export const scaledClock = (time: ScaledTime): Clock => clockOf(() => time).clock;

/** At the pace of the system's clock, three days behind, until `hurry`: it tells the time from there on. Only once. */
export function hurryingClock(): Clock & { hurry(rate: number): ScaledTime } {
  let time = scaledTime(1);
  const { clock, rearm } = clockOf(() => time);
  return {
    ...clock,
    hurry(rate) {
      time = { rate, wallMs: clock.wallMs(), ns: String(clock.monotonicNs()) };
      rearm();
      return time;
    },
  };
}

/** `rearm` makes pending timers go by a `time` that has changed. */
function clockOf(time: () => ScaledTime): { clock: Clock; rearm(): void } {
  const real = systemClock();
  const passedNs = (): bigint => (real.monotonicNs() - BigInt(time().ns)) * BigInt(time().rate);
  const monotonicNs = (): bigint => BigInt(time().ns) + passedNs();
  const monotonicMs = (): number => Number(monotonicNs() / 1_000n) / 1_000;
  const pending = new Set<() => void>();
  const after: Clock['after'] = (delayMs, fire, options) => {
    const dueMs = monotonicMs() + delayMs;
    const arm = (leftMs: number) => real.after(Math.max(leftMs / time().rate, Math.min(leftMs, floorMs)), done, options);
    const done = (): void => {
      pending.delete(again);
      fire();
    };
    const again = (): void => {
      timer.cancel();
      timer = arm(Math.max(0, dueMs - monotonicMs()));
    };
    let timer = arm(delayMs);
    pending.add(again);
    return {
      cancel() {
        pending.delete(again);
        timer.cancel();
      },
    };
  };
  const clock: Clock = {
    wallMs: () => time().wallMs + Number(passedNs() / 1_000_000n),
    monotonicMs,
    monotonicNs,
    bootId: real.bootId,
    after,
    sleep: (delayMs, signal) => sleepWith(after, delayMs, signal),
  };
  const rearm = (): void => {
    for (const again of pending) again();
  };
  return { clock, rearm };
}
