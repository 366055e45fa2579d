/** A few rounds of each fault in every test run; `npm run faults` is the long one. What this computer cannot do is skipped and says why. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cases } from './cases.ts';
import type { CaseRow } from './fault-case.ts';

const rows: CaseRow[] = [];
const said: string[] = [];
const seed = 1 + (process.pid % 1_000);
const run = spawn(process.execPath, [join(import.meta.dirname, 'main.ts'), '--short', '--json', '--seed', String(seed)], {
  stdio: ['ignore', 'pipe', 'pipe'],
});
createInterface({ input: run.stderr! }).on('line', (line) => said.push(line));
const ended = new Promise<void>((resolve) => {
  createInterface({ input: run.stdout! })
    .on('line', (line) => rows.push(JSON.parse(line) as CaseRow))
    .once('close', resolve);
});
beforeAll(() => ended);
afterAll(() => {
  if (run.exitCode === null) run.kill('SIGTERM');
});

test.for(cases.map(({ name }) => name))('nothing that was acknowledged is lost or counts twice: %s', (name, { skip }) => {
  const own = rows.filter((row) => (row.of ?? row.name) === name);
  const skipped = own.find((row) => row.skipped !== undefined);
  if (skipped !== undefined && own.length === 1) skip(skipped.skipped);
  expect({ rows: own.length > 0, said: own.length > 0 ? [] : said }).toEqual({ rows: true, said: [] });
  expect({ seed, broken: own.flatMap(({ broken }) => broken) }).toEqual({ seed, broken: [] });
  for (const { acknowledged, skipped: why } of own) if (why === undefined) expect(acknowledged).toBeGreaterThan(0);
});
