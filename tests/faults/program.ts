/** One program of the product in a process of its own, as it is started in the field, and as a fault may wrap it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { until } from '../world/until.ts';

const root = join(import.meta.dirname, '..', '..');
export const scripts = {
  centre: join(root, 'provisioning/src/main.ts'),
  broker: join(root, 'broker/src/main.ts'),
  agent: join(root, 'device-agent/src/main.ts'),
};

export type ProgramOptions = {
  name: keyof typeof scripts;
  configPath: string;
  /** What stands before `node` on the command line: strace, ip netns exec. */
  before?: readonly string[];
  /** Options of node itself. */
  nodeOptions?: readonly string[];
  env?: Readonly<Record<string, string>>;
  onLine?(line: Record<string, unknown>): void;
};
export type Ended = { code: number | null; signal: NodeJS.Signals | null };
export type Program = {
  readonly pid: number;
  /** Resolves when it says that it is ready; rejects with its last words when it ends first. */
  ready: Promise<Record<string, unknown>>;
  ended: Promise<Ended>;
  running(): boolean;
  /** The last lines of both outputs. */
  said(): string;
  /** Stops it where it is: no system call of it is under way any more when this resolves, and it tells nobody anything. Only for one that nothing wraps. */
  freeze(): Promise<void>;
  /** SIGKILL to it and whatever wraps it. */
  kill(): Promise<Ended>;
  /** SIGTERM, and SIGKILL when it does not end. */
  stop(): Promise<Ended>;
};

/** Enough to see why something ended. */
const keptLines = 300;
const stopWithinMs = 10_000;
const readyWithinMs = 60_000;

/** Process groups that run; whatever happens, none is left behind. */
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) signalGroup(child, 'SIGKILL');
});

export function startProgram({ name, configPath, before = [], nodeOptions = [], env = {}, onLine }: ProgramOptions): Program {
  const [program, ...words] = [...before, process.execPath, ...nodeOptions, scripts[name], '--config', configPath];
  const child = spawn(program!, words, { stdio: ['ignore', 'pipe', 'pipe'], detached: true, env: { ...process.env, ...env } });
  running.add(child);
  const lines: string[] = [];
  const keep = (line: string): void => {
    lines.push(line);
    if (lines.length > keptLines) lines.shift();
  };
  const said = (): string => lines.join('\n');
  let isRunning = true;
  const ended = new Promise<Ended>((resolve) => {
    const done = (end: Ended): void => {
      isRunning = false;
      running.delete(child);
      resolve(end);
    };
    child.once('error', (error) => {
      keep(error.message);
      done({ code: null, signal: null });
    });
    // the pipes have been read to their end
    child.once('close', (code, signal) => done({ code, signal }));
  });
  const ready = new Promise<Record<string, unknown>>((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`${name} is not ready after ${readyWithinMs} ms:\n${said()}`)), readyWithinMs);
    createInterface({ input: child.stdout! }).on('line', (line) => {
      keep(line);
      const told = asJson(line);
      if (told === undefined) return;
      if (told['ready'] === true) {
        clearTimeout(late);
        resolve(told);
      }
      onLine?.(told);
    });
    void ended.then(({ code, signal }) => {
      clearTimeout(late);
      reject(new Error(`${name} ended (${signal ?? code}):\n${said().slice(-2_000)}`));
    });
  });
  // whoever does not wait for it looks at `ended`
  ready.catch(() => undefined);
  createInterface({ input: child.stderr! }).on('line', keep);
  return {
    pid: child.pid ?? 0,
    ready,
    ended,
    said,
    running: () => isRunning,
    async freeze() {
      signalGroup(child, 'SIGSTOP');
      await until(`${name} stands still`, () => !isRunning || standsStill(child.pid!));
    },
    kill() {
      signalGroup(child, 'SIGKILL');
      return ended;
    },
    async stop() {
      if (isRunning) signalGroup(child, 'SIGTERM');
      const force = setTimeout(() => signalGroup(child, 'SIGKILL'), stopWithinMs);
      const end = await ended;
      clearTimeout(force);
      return end;
    },
  };
}

/** Every thread of it; one in the middle of a sync stops when that is done. */
const standsStill = (pid: number): boolean =>
  readdirSync(`/proc/${pid}/task`).every((task) => /^State:\s+[TZX]/m.test(readFileSync(`/proc/${pid}/task/${task}/status`, 'utf8')));

function asJson(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, signal);
  } catch {
    // it is gone
  }
}
