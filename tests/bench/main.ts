/**
 * `npm run bench [-- [--dry] [--only] <case> ...]`: every figure in one run on one machine, peers beside us, medians of three, written to docs/benchmarks.md
 * unless it is a dry run. Figures are ratios first: the machine is shared and noisy.
 */
import { existsSync, readFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { runProgram, wrongWords } from '@tramhoc/base/command-line';
import { writeFileAtomic } from '@tramhoc/base/config';
import { brokerCase } from './broker-case.ts';
import { cityCase } from './city-case.ts';
import { connectionsCase } from './connections-case.ts';
import { devicesAgentCase } from './devices-agent-case.ts';
import { devicesCodecsCase } from './devices-codecs-case.ts';
import { devicesInventoryCase } from './devices-inventory-case.ts';
import { latencyCase } from './latency-case.ts';
import { natsPeerCase } from './nats-peer-case.ts';
import { outboxCase } from './outbox-case.ts';
import { postgresPeerCase } from './postgres-peer-case.ts';
import { benchmarksPage, type Section } from './report.ts';
import { asMarkdown, type Case } from './table.ts';

const cases: readonly Case[] = [
  brokerCase, //
  connectionsCase,
  latencyCase,
  outboxCase,
  cityCase,
  postgresPeerCase,
  natsPeerCase,
  devicesCodecsCase,
  devicesInventoryCase,
  devicesAgentCase,
];
const usage = `usage: npm run bench -- [--dry] [<case> ...]

A run writes its figures into docs/benchmarks.md after each case; with --dry it only prints them. Without a case all are measured.

cases: ${cases.map(({ name }) => name).join(', ')}
\`devices\` means devices-codecs, devices-inventory and so on as well.`;
const options = { dry: { type: 'boolean', default: false }, only: { type: 'boolean' } } as const;
const print = (line: string): void => void process.stdout.write(`${line}\n`);
const machine = `${cpus().length} x ${cpus()[0]?.model.trim() ?? 'CPU'}, ${Math.round(totalmem() / 1024 ** 3)} GiB, Node ${process.version}, ${process.platform}`;

await runProgram({ usage, options, words: true }, async ({ values: { dry }, positionals: wanted }) => {
  const means = (word: string, name: string): boolean => name === word || name.startsWith(`${word}-`);
  const unknown = wanted.find((word) => !cases.some(({ name }) => means(word, name)));
  if (unknown !== undefined) throw wrongWords(`there is no case ${unknown}; --help lists them`, usage);
  // smaller sizes (environment) are for trying; they belong on no page
  const keeps = !dry && !Object.keys(process.env).some((name) => name.startsWith('BENCH_'));
  const measured: Section[] = [];
  for (const { name, about, run } of cases) {
    if (wanted.length > 0 && !wanted.some((word) => means(word, name))) continue;
    print(`\n== ${name}: ${about}`);
    const loadBefore = loadavg()[0]!.toFixed(1);
    const rows = await run((line) => print(`   ${line}`));
    print(asMarkdown(rows));
    const day = new Date().toISOString().slice(0, 10);
    measured.push({ name, about, table: asMarkdown(rows), ran: `${day}, ${machine}, load average ${loadBefore} before it.` });
    if (keeps) writePage(measured);
  }
  if (keeps) print('\nwritten to docs/benchmarks.md');
});

/** After each case: a run of all of them takes a while. */
function writePage(measured: readonly Section[]): void {
  const page = join(import.meta.dirname, '..', '..', 'docs', 'benchmarks.md');
  const before = existsSync(page) ? readFileSync(page, 'utf8') : '';
  writeFileAtomic(
    page,
    benchmarksPage(
      before,
      measured,
      cases.map(({ name }) => name),
    ),
  );
}
