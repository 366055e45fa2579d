/** The agent's outbox on this disk: commits one by one, and reading a long backlog. */
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@tramhoc/base/clock';
import { type DurableQueue, type NewRow, openDurableQueue } from '@tramhoc/base/durable-queue';
import { systemRandom } from '@tramhoc/base/random';
import { median } from './median.ts';
import { type Case, thousands, times } from './table.ts';

const body = JSON.stringify({ filler: 'x'.repeat(560) });
const row: NewRow = { kind: 'tap', keepLongest: true, make: ({ seq, epoch }) => ({ id: `${epoch}-${seq}`, body }) };
const backlog = 200_000;

export const outboxCase: Case = {
  name: 'outbox',
  about:
    'The queue of a device: one commit an event with synchronous=FULL, compared with bare fdatasync of 4 KiB appended to a file; and a backlog read and removed in the batches that the drain uses.',
  async run() {
    const commits = [1, 2, 3].map(() => inFolder(commitsPerSecond));
    const bare = [1, 2, 3].map(() => inFolder(syncsPerSecond));
    const drained = [1, 2, 3].map(() => inFolder(drainPerSecond));
    return [
      {
        what: 'commits one by one',
        figure: `${thousands(median(commits))}/s`,
        against: `fdatasync of 4 KiB, growing file: ${thousands(median(bare))}/s`,
        ratio: times(median(commits) / median(bare)),
      },
      { what: `reading and removing ${thousands(backlog)} stored events in batches of 64 KiB`, figure: `${thousands(median(drained))}/s` },
    ];
  },
};

function inFolder(work: (folder: string) => number): number {
  const folder = mkdtempSync(join(tmpdir(), 'tramhoc-bench-'));
  try {
    return work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const openQueue = (folder: string): DurableQueue =>
  openDurableQueue({
    path: join(folder, 'outbox.db'),
    maxBytes: 2 ** 30,
    maxAgeMs: 1e12,
    random: systemRandom(),
    clock: systemClock(),
    wallTrusted: () => false,
    onDropped: () => row,
    onDamaged: () => row,
  });

function commitsPerSecond(folder: string): number {
  const queue = openQueue(folder);
  const startMs = performance.now();
  let count = 0;
  for (; performance.now() - startMs < 3_000; count += 1) queue.append([row]);
  const seconds = (performance.now() - startMs) / 1_000;
  queue.close();
  return count / seconds;
}

function syncsPerSecond(folder: string): number {
  const file = openSync(join(folder, 'file'), 'w');
  const page = Buffer.alloc(4_096, 1);
  const startMs = performance.now();
  let count = 0;
  for (; performance.now() - startMs < 3_000; count += 1) {
    writeSync(file, page);
    fdatasyncSync(file);
  }
  const seconds = (performance.now() - startMs) / 1_000;
  closeSync(file);
  return count / seconds;
}

function drainPerSecond(folder: string): number {
  const queue = openQueue(folder);
  for (let count = 0; count < backlog; count += 1_000) queue.append(Array.from({ length: 1_000 }, () => row));
  const startMs = performance.now();
  for (;;) {
    const rows = queue.read({ afterPosition: 0, limit: 500, maxBytes: 60 * 1_024 });
    if (rows.length === 0) break;
    queue.remove(rows.map(({ position }) => position));
  }
  const seconds = (performance.now() - startMs) / 1_000;
  queue.close();
  return backlog / seconds;
}
