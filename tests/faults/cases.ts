/** Every case of `npm run faults`, in the order in which they run. */

import { clockJumps } from './clock-jumps.ts';
import { damagedPages } from './damaged-pages.ts';
import type { FaultCase } from './fault-case.ts';
import { fullDisk } from './full-disk.ts';
import { killLoops } from './kill-loops.ts';
import { networkFaults } from './network-faults.ts';
import { powerCuts } from './power-cuts.ts';
import { slowLine } from './slow-line.ts';
import { syscallFaults } from './syscall-faults.ts';

export const cases: readonly FaultCase[] = [
  killLoops,
  ...powerCuts,
  syscallFaults,
  fullDisk,
  damagedPages,
  clockJumps,
  networkFaults,
  slowLine,
];
