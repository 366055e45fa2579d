/** A clock that a test advances. Timers fire in order of their time; wall and monotonic time move apart only when the test says so. */
import { BootId } from '@tramhoc/protocol/ids';
import { type Clock, sleepWith } from './clock.ts';

export type FakeClock = Clock & {
  /** Moves both clocks on and fires what falls due, letting promises settle between timers. */
  advance(ms: number): Promise<void>;
  /** The wall clock jumps; monotonic time and timers do not notice. */
  jumpWall(ms: number): void;
  /** A new boot: monotonic time starts again at zero. Pending timers are gone. */
  reboot(bootId: string): void;
};

export function fakeClock(start: { wallMs?: number; bootId?: string } = {}): FakeClock {
  let wall = start.wallMs ?? Date.UTC(2026, 10, 23, 0, 0, 0);
  let monotonic = 1_000;
  let bootId = BootId.parse(start.bootId ?? '00000000-0000-4000-8000-000000000001');
  let order = 0;
  let timers: { at: number; order: number; fire: () => void }[] = [];
  const after: Clock['after'] = (delayMs, fire) => {
    const timer = { at: monotonic + Math.max(0, delayMs), order: order++, fire };
    timers.push(timer);
    return { cancel: () => (timers = timers.filter((other) => other !== timer)) };
  };
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return {
    wallMs: () => wall,
    monotonicMs: () => monotonic,
    monotonicNs: () => BigInt(Math.round(monotonic * 1e6)),
    get bootId() {
      return bootId;
    },
    after,
    sleep: (delayMs, signal) => sleepWith(after, delayMs, signal),
    async advance(ms) {
      const until = monotonic + ms;
      await settle();
      for (;;) {
        const due = timers.filter((timer) => timer.at <= until).sort((a, b) => a.at - b.at || a.order - b.order)[0];
        if (due === undefined) break;
        timers = timers.filter((timer) => timer !== due);
        wall += Math.max(0, due.at - monotonic);
        monotonic = Math.max(monotonic, due.at);
        due.fire();
        await settle();
      }
      wall += until - monotonic;
      monotonic = until;
      await settle();
    },
    jumpWall(ms) {
      wall += ms;
    },
    reboot(next) {
      bootId = BootId.parse(next);
      monotonic = 0;
      timers = [];
    },
  };
}
