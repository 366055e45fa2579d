/** The system's clock running faster, so that a day passes in seconds while sockets and disks stay real. */
import { type Clock, sleepWith, systemClock } from '@tramhoc/base/clock';

/** `rate` 5760: a day takes 15 s. Timers fire early by the same factor, at the earliest in the next millisecond. */
export function scaledClock(rate: number): Clock {
  const real = systemClock();
  const startWallMs = real.wallMs();
  const startNs = real.monotonicNs();
  const passedNs = (): bigint => (real.monotonicNs() - startNs) * BigInt(rate);
  const after: Clock['after'] = (delayMs, fire, options) => real.after(delayMs / rate, fire, options);
  return {
    wallMs: () => startWallMs + Number(passedNs() / 1_000_000n),
    monotonicMs: () => Number((startNs + passedNs()) / 1_000n) / 1_000,
    monotonicNs: () => startNs + passedNs(),
    bootId: real.bootId,
    after,
    sleep: (delayMs, signal) => sleepWith(after, delayMs, signal),
  };
}
