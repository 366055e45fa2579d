/** All targets on a few threads, each watched. */
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { FuzzTarget } from './fuzz-target.ts';
import { inputFor, longBytesFor } from './make-input.ts';
import { samplesOf } from './samples.ts';
import type { Broken } from './try-input.ts';
import type { FuzzOrder, FuzzReport } from './worker.ts';

export type RunOptions = { seed: number; from: number; inputs: number; jobs: number; onReport(report: FuzzReport, ms: number): void };

/** An input takes a millisecond at most; a machine that is busy with other things may let a thread wait for seconds. */
const hangsAfterMs = 180_000;
const lookEveryMs = 2_000;
/** Between the first quarter and the last: what V8 keeps for itself, and no more. */
export const mayGrowBytes = 4 * 1024 * 1024;
/** An input has some kilobytes; who needs more than this keeps something. */
const maxHeapMb = 512;

export async function runTargets(targets: readonly FuzzTarget[], options: RunOptions): Promise<Broken[]> {
  const waiting = [...targets];
  const broken: Broken[] = [];
  const work = async (): Promise<void> => {
    for (let target = waiting.shift(); target !== undefined; target = waiting.shift()) {
      const startMs = performance.now();
      const report = await runOne(target, options);
      broken.push(...report.broken);
      options.onReport(report, performance.now() - startMs);
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, Math.min(options.jobs, targets.length)) }, work));
  return broken;
}

function runOne(target: FuzzTarget, { seed, from, inputs }: RunOptions): Promise<FuzzReport> {
  const { name, whole = false, pieceBytes, maxKeptBytes } = target;
  const progress = new SharedArrayBuffer(4);
  const place = new Int32Array(progress);
  const order: FuzzOrder = { name, seed, from, inputs, progress };
  const worker = new Worker(join(import.meta.dirname, 'worker.ts'), {
    workerData: order,
    resourceLimits: { maxOldGenerationSizeMb: maxHeapMb },
  });
  const stopped = (law: string): FuzzReport => {
    const done = Atomics.load(place, 0);
    const index = from + done;
    const { input } = inputFor({ name, seed, index }, samplesOf(name), { whole, pieceBytes, longBytes: longBytesFor(maxKeptBytes) });
    return { name, inputs: done, found: 0, heapBytes: [], broken: [{ name, seed, index, law, input }] };
  };
  return new Promise((resolve) => {
    let [lastPlace, sinceMs] = [-1, performance.now()];
    const watch = setInterval(() => {
      const now = Atomics.load(place, 0);
      if (now !== lastPlace) [lastPlace, sinceMs] = [now, performance.now()];
      else if (performance.now() - sinceMs > hangsAfterMs) end(stopped(`it hangs: more than ${hangsAfterMs / 1_000} s with one input`));
    }, lookEveryMs);
    const end = (report: FuzzReport): void => {
      clearInterval(watch);
      void worker.terminate();
      resolve(report);
    };
    worker.once('message', (report: FuzzReport) => end({ ...report, broken: [...report.broken, ...grown(report, order)] }));
    worker.once('error', (error) => end(stopped(`its thread ended: ${error.message}`)));
  });
}

function grown({ name, heapBytes }: FuzzReport, { seed, from, inputs }: FuzzOrder): Broken[] {
  const [first = 0, last = 0] = [heapBytes[0], heapBytes.at(-1)];
  // short runs end before V8 has made up its mind what it compiles
  if (inputs < 10_000 || last - first <= mayGrowBytes) return [];
  return [{ name, seed, index: from, law: `memory grew from ${first} to ${last} bytes within ${inputs} inputs`, input: new Uint8Array() }];
}
