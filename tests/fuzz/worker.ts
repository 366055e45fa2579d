/** One target in a thread of its own: the parent sees how far it is, and ends it when it stands still. */
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { parentPort, workerData } from 'node:worker_threads';
import { samplesOf } from './samples.ts';
import { targets } from './targets.ts';
import { type Broken, tryInput } from './try-input.ts';

export type FuzzOrder = { name: string; seed: number; from: number; inputs: number; progress: SharedArrayBuffer };
/** `heapBytes`: after each quarter, swept. */
export type FuzzReport = { name: string; inputs: number; found: number; broken: Broken[]; heapBytes: number[] };

/** More than anybody reads of one target. */
const maxBroken = 5;

setFlagsFromString('--expose-gc');
const sweep = runInNewContext('gc') as () => void;
const order = workerData as FuzzOrder;
const report = run(order);
parentPort!.postMessage(report);

function run({ name, seed, from, inputs, progress }: FuzzOrder): FuzzReport {
  const target = targets.find((one) => one.name === name)!;
  const samples = samplesOf(name);
  const at = new Int32Array(progress);
  const broken: Broken[] = [];
  const heapBytes: number[] = [];
  const quarter = Math.max(1, Math.floor(inputs / 4));
  let done = 0;
  for (; done < inputs && broken.length < maxBroken; done += 1) {
    Atomics.store(at, 0, done);
    const fault = tryInput(target, samples, { seed, index: from + done });
    if (fault !== undefined) broken.push(fault);
    if ((done + 1) % quarter === 0) heapBytes.push(heldBytes());
  }
  return { name, inputs: done, found: 0, broken, heapBytes };
}

function heldBytes(): number {
  sweep();
  sweep();
  const { used_heap_size: used, external_memory: outside } = getHeapStatistics();
  return used + outside;
}
