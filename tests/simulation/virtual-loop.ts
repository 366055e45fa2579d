/**
 * Virtual time. Everything that happens is a task with a time; one is run after the other, and between two of them every promise settles, so that
 * a history has one order only. Nothing in here or above looks at the computer's own clock.
 */

/** Whoever a task belongs to: a dead program's tasks are not run, a busy one's (in a slow fsync) wait. */
export type Owner = { name: string; alive: boolean; busyUntilMs: number };
export type Task = { atMs: number; order: number; owner: Owner; label: string; fire: (() => void) | undefined };
export type Trace = {
  /** Something that happened in the district: part of the hash. */
  note(who: string, what: string): void;
  /** For readers only. */
  say(who: string, what: string): void;
  hash(): string;
};

/** The program is gone: killed in the middle of what it did. It unwinds the stack; whatever catches it can do nothing any more. */
export class ProgramGone extends Error {}

export type VirtualLoop = {
  readonly nowMs: number;
  readonly turnCount: number;
  readonly taskCount: number;
  at(owner: Owner, delayMs: number, label: string, fire: () => void): Task;
  /** As far as `owner` is busy, its own doings come later. */
  busyMs(owner: Owner): number;
  /** Runs what falls due in the next `ms`. */
  run(ms: number): Promise<void>;
  /** Time leaps: tasks due meanwhile run late, each once, as after a suspend. */
  leap(ms: number): void;
  trace: Trace;
};

/** A turn costs about a microsecond besides what it does; a history has a few thousand. More is a loop that feeds itself. */
const maxTurns = 400_000;

export function createLoop({
  onCrash,
  print,
}: {
  /** A task or a promise of `owner` failed and nobody caught it: a real program would have ended. */
  onCrash(owner: Owner, error: unknown): void;
  print?: ((line: string) => void) | undefined;
}): VirtualLoop & { crashed(error: unknown): void } {
  const heap = taskHeap();
  let nowMs = 0;
  let order = 0;
  let turnCount = 0;
  let current: Owner | undefined;
  const trace = createTrace(() => nowMs, print);
  const crashed = (error: unknown): void => {
    if (!(error instanceof ProgramGone) && current !== undefined) onCrash(current, error);
  };
  /** Gives whether there was something to do until `untilMs`. */
  const turn = (untilMs: number): boolean => {
    for (;;) {
      const task = heap.peek();
      if (task === undefined || task.atMs > untilMs) return false;
      heap.pop();
      if (task.fire === undefined || !task.owner.alive) continue;
      nowMs = Math.max(nowMs, task.atMs);
      if (task.owner.busyUntilMs > nowMs) {
        task.atMs = task.owner.busyUntilMs;
        task.order = order++;
        heap.push(task);
        continue;
      }
      current = task.owner;
      turnCount += 1;
      trace.mix(task.atMs, task.label);
      const { fire } = task;
      task.fire = undefined;
      try {
        fire();
      } catch (error) {
        crashed(error);
      }
      return true;
    }
  };
  return {
    trace,
    crashed,
    get nowMs() {
      return nowMs;
    },
    get turnCount() {
      return turnCount;
    },
    get taskCount() {
      return heap.size();
    },
    at(owner, delayMs, label, fire) {
      const task: Task = { atMs: nowMs + Math.max(0, delayMs), order: order++, owner, label, fire };
      heap.push(task);
      return task;
    },
    busyMs: (owner) => Math.max(0, owner.busyUntilMs - nowMs),
    run(ms) {
      const untilMs = nowMs + ms;
      return new Promise((resolve, reject) => {
        const step = (): void => {
          if (turnCount > maxTurns) reject(new Error(`more than ${maxTurns} turns: a loop feeds itself`));
          else if (turn(untilMs)) setImmediate(step);
          else {
            nowMs = Math.max(nowMs, untilMs);
            resolve();
          }
        };
        setImmediate(step);
      });
    },
    leap(ms) {
      nowMs += ms;
    },
  };
}

/** A rolling hash over what happened and when; lines are made only for somebody who reads them. */
function createTrace(nowMs: () => number, print: ((line: string) => void) | undefined): Trace & { mix(at: number, text: string): void } {
  let low = 0x811c9dc5;
  let high = 0x1b873593;
  const mix = (at: number, text: string): void => {
    low = Math.imul(low ^ (at * 1_000), 0x01000193);
    high = Math.imul(high ^ (at / 65_536), 0x85ebca6b) ^ low;
    for (let index = 0; index < text.length; index += 1) low = Math.imul(low ^ text.charCodeAt(index), 0x01000193);
  };
  const say = (who: string, what: string): void => print?.(`${stamp(nowMs())} ${who.padEnd(10)} ${what}`);
  return {
    mix,
    say,
    note(who, what) {
      mix(nowMs(), who);
      mix(0, what);
      say(who, what);
    },
    hash: () => (high >>> 0).toString(16).padStart(8, '0') + (low >>> 0).toString(16).padStart(8, '0'),
  };
}

/** `12d 03:04:05.678` since the history began. */
function stamp(ms: number): string {
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  const seconds = ((ms / 1_000) % 60).toFixed(3).padStart(6, '0');
  return `${String(Math.floor(ms / 86_400_000)).padStart(3)}d ${two((ms / 3_600_000) % 24)}:${two((ms / 60_000) % 60)}:${seconds}`;
}

function taskHeap(): { push(task: Task): void; pop(): void; peek(): Task | undefined; size(): number } {
  const items: Task[] = [];
  const before = (a: Task, b: Task): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
  return {
    peek: () => items[0],
    size: () => items.length,
    push(task) {
      let at = items.push(task) - 1;
      while (at > 0) {
        const parent = (at - 1) >> 1;
        if (!before(task, items[parent]!)) break;
        items[at] = items[parent]!;
        at = parent;
      }
      items[at] = task;
    },
    pop() {
      const last = items.pop();
      if (last === undefined || items.length === 0) return;
      let at = 0;
      for (;;) {
        let child = 2 * at + 1;
        if (child >= items.length) break;
        if (child + 1 < items.length && before(items[child + 1]!, items[child]!)) child += 1;
        if (!before(items[child]!, last)) break;
        items[at] = items[child]!;
        at = child;
      }
      items[at] = last;
    },
  };
}
