/**
 * `npm run bench [-- --only <case> ...]`: every figure in one run on one machine, peers beside us, medians of three, written to docs/benchmarks.md when all
 * cases ran. Figures are ratios first: the machine is shared and noisy.
 */
import { cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
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
const wanted = process.argv.slice(2).filter((word) => word !== '--only');
/** `devices` means `devices-codecs`, `devices-inventory` and so on as well. */
const isWanted = (name: string): boolean => wanted.length === 0 || wanted.some((word) => name === word || name.startsWith(`${word}-`));
const print = (line: string): void => void process.stdout.write(`${line}\n`);
const unknown = wanted.filter((word) => !cases.some(({ name }) => name === word || name.startsWith(`${word}-`)));
if (unknown.length > 0) {
  print(`unknown: ${unknown.join(' ')}. Cases: ${cases.map(({ name }) => name).join(' ')}`);
  process.exit(2);
}

const machine = `${cpus().length} x ${cpus()[0]?.model.trim() ?? 'CPU'}, ${Math.round(totalmem() / 1024 ** 3)} GiB, Node ${process.version}, ${process.platform}, load average ${loadavg()[0]!.toFixed(1)} before the first run`;
const parts: string[] = [];
for (const { name, about, run } of cases) {
  if (!isWanted(name)) continue;
  print(`\n== ${name}: ${about}`);
  const rows = await run((line) => print(`   ${line}`));
  parts.push(`## ${name}\n\n${about}\n\n${asMarkdown(rows)}\n`);
  print(asMarkdown(rows));
}
if (wanted.length === 0) {
  const day = new Date().toISOString().slice(0, 10);
  const text = `# Benchmarks\n\nMade by \`npm run bench\` on ${day}: ${machine}. Medians of three runs. Both sides of a ratio ran in the same minute on the same machine; the figures move with the machine, the ratios less.\n\n${parts.join('\n')}`;
  writeFileAtomic(join(import.meta.dirname, '..', '..', 'docs', 'benchmarks.md'), text);
  print('\nwritten to docs/benchmarks.md');
}
