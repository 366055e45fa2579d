/** Every case of `npm run faults`, in the order in which they run. */
import type { FaultCase } from './fault-case.ts';
import { killLoops } from './kill-loops.ts';
import { powerCuts } from './power-cuts.ts';

export const cases: readonly FaultCase[] = [killLoops, powerCuts];
