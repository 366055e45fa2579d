import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** Five projects. `unit` is what one runs while working; the others start real servers, browsers and processes. */
const shared = { environment: 'node' as const, restoreMocks: true };
/** Many tests wait for sockets, disks and devices that take their time: one file more than there are processors. */
const filesAtOnce = availableParallelism() + 1;
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...shared,
          name: 'unit',
          include: [
            '*/src/**/*.test.ts',
            '*/src/**/*.test.tsx',
            'site-in-a-box/*.test.ts',
            'scripts/*.test.ts',
            'tests/*.test.ts',
            'tests/driver-conformance/**/*.test.ts',
            'tests/soak/*.test.ts',
            'tests/bench/*.test.ts',
            'tests/fuzz/**/*.test.ts',
          ],
          testTimeout: 20_000,
          maxWorkers: filesAtOnce,
          // no module keeps anything (style guide, "Nothing out of thin air"): a process for each of 250 files would cost more than half of the tests
          isolate: false,
        },
      },
      {
        test: {
          ...shared,
          name: 'scenarios',
          include: ['tests/scenarios/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers: filesAtOnce,
        },
      },
      { test: { ...shared, name: 'simulation', include: ['tests/simulation/**/*.test.ts'], testTimeout: 900_000 } },
      { test: { ...shared, name: 'faults', include: ['tests/faults/**/*.test.ts'], hookTimeout: 600_000 } },
      {
        test: {
          ...shared,
          name: 'e2e',
          include: ['tests/e2e/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
