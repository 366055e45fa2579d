/** Every case of `npm run faults`, in the order in which they run. */
import type { FaultCase } from './fault-case.ts';
import { fullDisk } from './full-disk.ts';
import { killLoops } from './kill-loops.ts';
import { powerCuts } from './power-cuts.ts';
import { slowLine } from './slow-line.ts';
import { syscallFaults } from './syscall-faults.ts';

export const cases: readonly FaultCase[] = [killLoops, powerCuts, syscallFaults, fullDisk, slowLine];
