/** The programs of the site, each in a process of its own: waits until it is ready, keeps its log, starts it again when it falls over. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, mkdirSync, type WriteStream } from 'node:fs';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';

export type ReadyLine = { ready: true } & Record<string, unknown>;
export type Part = {
  /** What the program said when it was ready the last time. */
  readonly ready: ReadyLine;
  readonly pid: number | undefined;
  /** Writes a line to the program's standard input. */
  send(line: string): void;
};
export type Parts = {
  /** Resolves when the program is ready. Rejects with its last words when it ends before that, and when everything is being ended. */
  start(options: PartOptions): Promise<Part>;
  /** Ends what runs and what is still starting, the last one first: SIGTERM, then SIGKILL after 8 s. Resolves when every process is gone. */
  stop(): Promise<void>;
};
export type PartOptions = {
  name: string;
  /** Script and its arguments, run by the Node that runs this. */
  args: readonly string[];
  logPath: string;
  env?: Readonly<Record<string, string>>;
  /** A line of plain text that means that it is ready, for programs that speak to people. */
  readyText?: RegExp;
  /** Other lines of JSON on standard output that are no log lines (a code to approve, a first password). */
  onLine?(line: Record<string, unknown>): void;
  /** It ended although nobody asked. `attempt` counts from 1 since it was last ready. */
  onRestart?(why: string): void;
};

/** A centre that renews certificates and migrates a large store may take a while; more than this is a fault. */
const readyTimeoutMs = 60_000;
const stopTimeoutMs = 8_000;
/** Waits 1, 2, 4 ... 30 s between restarts. */
const restartDelayMs = (attempt: number): number => Math.min(30_000, 1_000 * 2 ** (attempt - 1));
/** Log files start anew with each start of the box. */
const keptTailLines = 30;

export function createParts(): Parts {
  const opened: Opened[] = [];
  let stopping = false;
  return {
    async start(options) {
      if (stopping) throw new Error(`${options.name} was not started: everything is being ended`);
      const part = openPart(options);
      // before it is ready: one that is still starting must not be left behind
      opened.push(part);
      return await part.whenReady;
    },
    async stop() {
      stopping = true;
      for (const part of opened.toReversed()) await part.stop();
    },
  };
}

type Opened = { whenReady: Promise<Part>; stop(): Promise<void> };

function openPart(options: PartOptions): Opened {
  mkdirSync(dirname(options.logPath), { recursive: true });
  const log = createWriteStream(options.logPath, { flags: 'w' });
  let stopping = false;
  let attempt = 0;
  let child: ChildProcess | undefined;
  let ready: ReadyLine;
  let restart: NodeJS.Timeout | undefined;

  const run = async (): Promise<void> => {
    const started = launch(options, log);
    child = started.child;
    ready = await started.ready;
    attempt = 0;
    child.once('exit', (code, signal) => again(`${options.name} ended (${signal ?? `exit code ${code}`})`));
  };
  const again = (why: string): void => {
    if (stopping) return;
    attempt += 1;
    options.onRestart?.(why);
    restart = setTimeout(() => {
      run().catch((error: Error) => again(error.message));
    }, restartDelayMs(attempt));
  };
  const part: Part = {
    get ready() {
      return ready;
    },
    get pid() {
      return child?.pid;
    },
    send: (line) => void child?.stdin?.write(`${line}\n`),
  };
  return {
    whenReady: run().then(() => part),
    async stop() {
      stopping = true;
      clearTimeout(restart);
      if (child !== undefined) await end(child);
      log.end();
    },
  };
}

function launch({ name, args, env, readyText, onLine }: PartOptions, log: WriteStream): { child: ChildProcess; ready: Promise<ReadyLine> } {
  // its own process group: Ctrl-C reaches us alone, and we end the parts in the right order
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, ...env }, detached: true });
  child.stdin?.on('error', () => undefined);
  const tail: string[] = [];
  const remember = (line: string): void => {
    log.write(`${line}\n`);
    tail.push(line);
    if (tail.length > keptTailLines) tail.shift();
  };
  let timer: NodeJS.Timeout | undefined;
  const ready = new Promise<ReadyLine>((resolve, reject) => {
    timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`${name} was not ready after ${readyTimeoutMs / 1_000} s`));
    }, readyTimeoutMs);
    createInterface({ input: child.stdout! }).on('line', (line) => {
      const value = asObject(line);
      if (readyText?.test(line) === true) resolve({ ready: true });
      if (value === undefined || 'level' in value) remember(line);
      else if (value['ready'] === true) resolve(value as ReadyLine);
      else onLine?.(value);
    });
    createInterface({ input: child.stderr! }).on('line', remember);
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      // what it printed last may still be in the pipe
      setImmediate(() => reject(new Error(lastWords(tail) ?? `${name} ended before it was ready (${signal ?? `exit code ${code}`})`)));
    });
  });
  return { child, ready: ready.finally(() => clearTimeout(timer)) };
}

/** The message of the last error line of the log, or what Node said when it gave up, or the last line that is plain text. */
function lastWords(tail: readonly string[]): string | undefined {
  for (const line of tail.toReversed()) {
    const value = asObject(line);
    if (value?.['level'] !== 'error' && value?.['level'] !== 'fatal') continue;
    const fault = value['err'] as { message?: unknown } | undefined;
    return String(fault?.message ?? value['msg'] ?? line);
  }
  const plain = tail.filter((line) => asObject(line) === undefined && line.trim() !== '');
  const thrown = plain.find((line) => /^(?:Uncaught )?\w*Error\b.*: /.test(line));
  return (thrown ?? plain.findLast((line) => !/^\s|^Node\.js v|^}/.test(line)))?.trim();
}

function asObject(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

function end(child: ChildProcess): Promise<void> {
  const wasNeverThere = child.pid === undefined;
  if (wasNeverThere || child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    const force = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs);
    child.once('exit', () => {
      clearTimeout(force);
      resolve();
    });
    child.kill('SIGTERM');
  });
}
