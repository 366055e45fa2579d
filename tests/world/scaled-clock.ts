/** The system's clock running faster, so that a day passes in seconds while sockets and disks stay real. */
import { type Clock, sleepWith, systemClock } from '@tramhoc/base/clock';

/** Where scaled time began; processes that share it share their time. `ns`: CLOCK_MONOTONIC, decimal digits. */
export type ScaledTime = { rate: number; wallMs: number; ns: string };

/** `rate` 5760: a day takes 15 s. It starts three days ago, so that certificates made in scaled time are valid in real time, which TLS goes by. */
export function scaledTime(rate: number): ScaledTime {
  const real = systemClock();
  return { rate, wallMs: real.wallMs() - 3 * 86_400_000, ns: String(real.monotonicNs()) };
}

/** Timers fire early by the same factor, at the earliest in the next millisecond. */
export function scaledClock({ rate, wallMs, ns }: ScaledTime): Clock {
  const real = systemClock();
  const startNs = BigInt(ns);
  const passedNs = (): bigint => (real.monotonicNs() - startNs) * BigInt(rate);
  const after: Clock['after'] = (delayMs, fire, options) => real.after(delayMs / rate, fire, options);
  return {
    wallMs: () => wallMs + Number(passedNs() / 1_000_000n),
    monotonicMs: () => Number((startNs + passedNs()) / 1_000n) / 1_000,
    monotonicNs: () => startNs + passedNs(),
    bootId: real.bootId,
    after,
    sleep: (delayMs, signal) => sleepWith(after, delayMs, signal),
  };
}
