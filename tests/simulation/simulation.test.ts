/** A few hundred histories in every test run, and the tests of the test: a promise broken on purpose must be found. */
import { expect, test } from 'vitest';
import { type VariantName, variantNames } from './broken-variants.ts';
import { regressionSeeds } from './regression-seeds.ts';
import { replayCommand, runHistories, type Summary, seedsFrom } from './run-histories.ts';

const jobs = 2;
const toldOf = ({ failed }: Summary): string[] => failed.map(({ seed, violations }) => `${replayCommand(seed)}: ${violations.join('; ')}`);

test('whatever happens to power, network, clocks and disks, every promise is kept; and all of it does happen', async () => {
  const summary = await runHistories({ seeds: seedsFrom(1, 300), jobs });
  expect(toldOf(summary)).toEqual([]);
  expect(summary.histories).toBe(300);
  expect(summary.acceptedEvents).toBeGreaterThan(3_000);
  for (const what of mustHappen) expect([what, (summary.counts.get(what) ?? 0) > 0]).toEqual([what, true]);
});

/** Faults that are so frequent that 300 histories without one of them mean that it is not carried out any more. */
const mustHappen = [
  ...['taps accepted', 'taps refused', 'feedback accepted', 'readings', 'wishes'],
  ...[
    'cables cut',
    'cables that hang',
    'connections half open',
    'cables unplugged for a while',
    'slow cables',
    'publishes that arrived twice',
  ],
  ...['lines to the centre cut', 'slow lines to the centre', 'requests to the centre lost', 'answers of the centre lost'],
  ...['requests overtaken by later ones', 'requests done twice', 'agents killed', 'brokers killed', 'centres killed'],
  ...['killed statement', 'killed before-commit', 'killed after-commit', 'programs stopped and started', 'power cuts'],
  ...['dead clock batteries', 'wall clocks that jump', 'leaps of days', 'centres away for weeks'],
  ...[
    'images taken',
    'older images put back',
    'centres put back from a copy',
    'cards wiped',
    'pages damaged',
    'full disks',
    'writes refused: disk full',
  ],
  ...[
    'failing disks',
    'commits failed: I/O error',
    'slow disks',
    'events given up and declared',
    'events lost with a disk, as they may be',
  ],
];

test('a seed replays exactly, on its own or after others', async () => {
  const [first, again] = await Promise.all([
    runHistories({ seeds: seedsFrom(500, 30), jobs: 1, keepHashes: true }),
    runHistories({ seeds: seedsFrom(520, 10), jobs: 1, keepHashes: true }),
  ]);
  for (const [seed, hash] of again.hashes) expect([seed, first.hashes.get(seed)]).toEqual([seed, hash]);
  expect(new Set(first.hashes.values()).size).toBe(30);
});

test('what was found once stays mended', async () => {
  const summary = await runHistories({ seeds: regressionSeeds.map(({ seed }) => seed), jobs: 1 });
  const again = summary.failed.map(({ seed }) => regressionSeeds.find((known) => known.seed === seed)!.found);
  expect([again, toldOf(summary)]).toEqual([[], []]);
  expect(summary.histories).toBe(regressionSeeds.length);
});

/** Within so many histories the comparison at the end alone must find it; most are found in the first few. */
const foundWithin: Record<VariantName, number> = {
  'ack-before-commit': 400,
  'sync-normal': 200,
  'seq-reused': 150,
  'no-dedupe': 100,
  'no-dedupe-at-site': 400,
  'remove-before-puback': 50,
};

test.each(variantNames)('goes red: %s', async (variant) => {
  const summary = await runHistories({ seeds: seedsFrom(1, foundWithin[variant]), jobs, variant, ledgerOnly: true, untilFailure: true });
  expect(summary.failed.flatMap(({ violations }) => violations).filter((line) => foundBy[variant].test(line))).not.toEqual([]);
});

/** What the ledger says of each. */
const foundBy: Record<VariantName, RegExp> = {
  'ack-before-commit': /^lost/,
  'sync-normal': /^lost/,
  'seq-reused': /^lost|in quarantine/,
  'no-dedupe': /^\d+ times at the centre|taps counted|feedback counted/,
  'no-dedupe-at-site': /^\d+ times in the store of site/,
  'remove-before-puback': /^lost/,
};

test.each(['ack-before-commit', 'sync-normal'] as const)('is noticed at the moment of the false promise: %s', async (variant) => {
  const summary = await runHistories({ seeds: seedsFrom(1, 10), jobs: 1, variant, untilFailure: true });
  expect(summary.failed.flatMap(({ violations }) => violations).join()).toMatch(/acknowledged|shown as accepted|gave a receipt/);
});
