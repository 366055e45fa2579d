/** One computer of the district: its clocks, its disk, its power, and a supervisor that starts its program again. */
import { type Clock, sleepWith } from '@tramhoc/base/clock';
import { BootId } from '@tramhoc/protocol/ids';
import type { Dice } from './dice.ts';
import type { DiskImage, SimulatedDisk } from './simulated-disk.ts';
import { type Owner, ProgramGone, type Task, type VirtualLoop } from './virtual-loop.ts';

/** A program while it runs. Its clock and disk work as long as it is alive. */
export type Program = Owner & { clock: Clock; dice: Dice; timers: Set<Task>; onEnd: (() => void)[] };
/** What a computer runs. `start` resolves when it serves; `stop` is the polite way. */
export type Software = { start(program: Program): Promise<{ stop(): Promise<void> }> };

export type Computer = {
  readonly name: string;
  readonly disk: SimulatedDisk;
  readonly program: Program | undefined;
  /** Serves: started and not ended. */
  readonly running: boolean;
  /** Added to the true time by whoever set the clock. */
  wallOffsetMs: number;
  /** The next boots find the clock at this date; undefined: the battery is good. */
  deadClockMs: number | undefined;
  wallMs(): number;
  startNow(): void;
  /** SIGKILL; the supervisor starts the program again after `restartMs`. */
  kill(restartMs: number): void;
  /** SIGTERM. */
  stop(restartMs: number): void;
  /** No power for `offMs`, then a new boot. What was not synced is lost. */
  cutPower(offMs: number): void;
  /** Powered off; after `offMs` it boots with another disk: an older image, or (undefined) an empty card. */
  exchangeDisk(offMs: number, image: DiskImage | undefined): void;
  /** Starts now whatever was to start later. */
  heal(): void;
};

/** Monday 2026-11-23, 7:00 in Ho Chi Minh City. */
export const historyBeginsMs = Date.UTC(2026, 10, 23, 0, 0, 0);
/** The supervisor's pause after a start that failed. */
const retryStartMs = 5_000;
/** Timers of one program at a time: all its machines together keep fewer than this. */
export const maxTimers = 120;

export type ComputerEvents = {
  started(computer: Computer): void;
  ended(computer: Computer): void;
  /** `code`: of the error, e.g. STORE_CORRUPT. */
  refusedToStart(computer: Computer, code: string, error: Error): void;
  /** Before the disk is exchanged: what only it held is gone. */
  exchanging(computer: Computer, image: DiskImage | undefined): void;
  lostCommits(computer: Computer, commits: number): void;
  violation(what: string): void;
};

export function createComputer(
  name: string,
  {
    loop,
    dice,
    disk,
    software,
    events,
  }: { loop: VirtualLoop; dice: Dice; disk: SimulatedDisk; software(): Software; events: ComputerEvents },
): Computer {
  const supervisor: Owner = { name: `${name}/power`, alive: true, busyUntilMs: 0 };
  let bootedMs = 0;
  let bootId = BootId.parse(dice.uuid());
  let running: { stop(): Promise<void> } | undefined;
  let program: Program | undefined;
  let pending: { task: Task; boot: boolean; exchange: { image: DiskImage | undefined } | undefined } | undefined;
  const localMs = (): number => Math.max(loop.nowMs, program?.busyUntilMs ?? 0);

  const boot = (): void => {
    bootedMs = loop.nowMs;
    bootId = BootId.parse(dice.uuid());
    if (computer.deadClockMs !== undefined) computer.wallOffsetMs = computer.deadClockMs - historyBeginsMs - loop.nowMs;
  };
  const end = (): void => {
    const ended = program;
    program = undefined;
    running = undefined;
    if (ended === undefined) return;
    ended.alive = false;
    for (const task of ended.timers) task.fire = undefined;
    for (const notice of ended.onEnd) notice();
    events.ended(computer);
  };
  const startLater = (ms: number, more: { boot: boolean; exchange?: { image: DiskImage | undefined } }): void => {
    const before = pending;
    if (before !== undefined) before.task.fire = undefined;
    const later = {
      boot: more.boot || before?.boot === true,
      exchange: more.exchange ?? before?.exchange,
      task: loop.at(supervisor, ms, 'power', () => {
        pending = undefined;
        if (later.exchange !== undefined) {
          events.exchanging(computer, later.exchange.image);
          disk.replace(later.exchange.image);
        }
        if (later.boot) boot();
        startNow();
      }),
    };
    pending = later;
  };
  const startNow = (): void => {
    if (program !== undefined) return;
    disk.killPlan = undefined;
    const started: Program = makeProgram(name, { loop, dice: dice.fork(), computer, bootedMs, bootId, localMs, events });
    program = started;
    software()
      .start(started)
      .then(
        (serving) => {
          if (!started.alive) return;
          running = serving;
          loop.trace.note(name, 'serves');
          events.started(computer);
        },
        (error: unknown) => {
          if (error instanceof ProgramGone || !started.alive) return;
          end();
          const code = String((error as { code?: unknown }).code);
          loop.trace.note(name, `does not start: ${code}`);
          events.refusedToStart(computer, code, error as Error);
          if (pending === undefined) startLater(retryStartMs, { boot: false });
        },
      );
  };
  const computer: Computer = {
    ...{ name, disk, startNow },
    get program() {
      return program;
    },
    get running() {
      return running !== undefined;
    },
    wallOffsetMs: 0,
    deadClockMs: undefined,
    wallMs: () => Math.floor(historyBeginsMs + localMs() + computer.wallOffsetMs),
    kill(restartMs) {
      end();
      startLater(restartMs, { boot: false });
    },
    stop(restartMs) {
      const stopping = program;
      if (stopping === undefined || running === undefined) return;
      running.stop().then(
        () => {
          if (!stopping.alive) return;
          end();
          startLater(restartMs, { boot: false });
        },
        (error: unknown) => {
          if (!stopping.alive || error instanceof ProgramGone) return;
          // a disk that refuses the last words ends it all the same
          end();
          startLater(restartMs, { boot: false });
        },
      );
      running = undefined;
    },
    cutPower(offMs) {
      end();
      const lost = disk.cutPower();
      if (lost > 0) events.lostCommits(computer, lost);
      startLater(offMs, { boot: true });
    },
    exchangeDisk(offMs, image) {
      end();
      startLater(offMs, { boot: true, exchange: { image } });
    },
    heal() {
      if (pending !== undefined) startLater(0, { boot: false });
      else startNow();
    },
  };
  return computer;
}

function makeProgram(
  name: string,
  {
    loop,
    dice,
    computer,
    bootedMs,
    bootId,
    localMs,
    events,
  }: {
    loop: VirtualLoop;
    dice: Dice;
    computer: Computer;
    bootedMs: number;
    bootId: BootId;
    localMs(): number;
    events: ComputerEvents;
  },
): Program {
  const timers = new Set<Task>();
  const monotonicMs = (): number => localMs() - bootedMs + 2_000;
  const after: Clock['after'] = (delayMs, fire) => {
    if (!program.alive) return { cancel: () => undefined };
    const task = loop.at(program, loop.busyMs(program) + delayMs, name, () => {
      timers.delete(task);
      fire();
    });
    timers.add(task);
    if (timers.size > maxTimers) events.violation(`${name} has more than ${maxTimers} timers: something is never given up`);
    return {
      cancel() {
        task.fire = undefined;
        timers.delete(task);
      },
    };
  };
  const clock: Clock = {
    wallMs: () => computer.wallMs(),
    monotonicMs,
    monotonicNs: () => BigInt(Math.round(monotonicMs() * 1e6)),
    bootId,
    after,
    sleep: (delayMs, signal) => sleepWith(after, delayMs, signal),
  };
  const program: Program = { name, alive: true, busyUntilMs: 0, clock, dice, timers, onEnd: [] };
  return program;
}
