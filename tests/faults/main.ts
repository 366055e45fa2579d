/**
 * `npm run faults -- [--short] [--only <case>[,<case>]] [--rounds N] [--seed S] [--json]`: real faults on the programs of the product, one case after the other.
 * `--json` prints each row as a line of JSON. Ends with 1 when a promise was broken. docs/reliability.md says what is done and what the largest run found.
 */
import { spawn } from 'node:child_process';
import { runProgram, typedNumber, wrongWords } from '@tramhoc/base/command-line';
import { cases } from './cases.ts';
import { tableOf } from './fault-case.ts';
import { haveCommand, isRoot } from './leftovers.ts';
import { runCases } from './run-cases.ts';

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const ownMounts = 'TRAMHOC_FAULTS_OWN_MOUNTS';
const usage = `usage: npm run faults -- [--short] [--only <case>[,<case>]] [--rounds N] [--seed N] [--json]

  --short     a few rounds of each case, several cases at once
  --rounds N  of each case, where it has any
  --seed N    without it a new one each day
  --json      each row as a line of JSON

cases: ${cases.map(({ name }) => name).join(', ')}
Cases that need root, or a program that is not installed, are told as skipped. docs/reliability.md says what is done.`;
const options = {
  short: { type: 'boolean', default: false },
  only: { type: 'string' },
  rounds: { type: 'string' },
  seed: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const;
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

await runProgram({ usage, options }, async ({ values: { short, json, ...typed } }) => {
  const only = typed.only?.split(',');
  const unknown = only?.find((one) => !cases.some(({ name }) => name === one));
  if (unknown !== undefined) throw wrongWords(`there is no case ${unknown}; --help lists them`, usage);
  const rounds = typed.rounds === undefined ? undefined : typedNumber('rounds', typed.rounds);
  const seed = typed.seed === undefined ? Math.floor(Date.now() / 86_400_000) : typedNumber('seed', typed.seed);
  const wantsNamespace = isRoot() && process.env[ownMounts] === undefined && haveCommand('unshare');
  return await (wantsNamespace ? inOwnNamespace() : bringFaults({ short, json, only, rounds, seed }));
});

type Wanted = { short: boolean; json: boolean; only: string[] | undefined; rounds: number | undefined; seed: number };

async function bringFaults(wanted: Wanted): Promise<number> {
  for (const signal of signals) process.once(signal, () => process.exit(130));
  const chosen = cases.filter(({ name }) => wanted.only?.includes(name) ?? true);
  if (wanted.json) {
    const rows = await runCases(chosen, { ...wanted, onRow: (row) => print(JSON.stringify(row)) });
    return rows.some(({ broken }) => broken.length > 0) ? 1 : 0;
  }
  print(`seed ${wanted.seed}`);
  const rows = await runCases(chosen, {
    ...wanted,
    onRow(row) {
      print(tableOf([row])[1]!);
      for (const line of row.broken) print(`  broken: ${line}`);
    },
  });
  print('');
  for (const line of tableOf(rows)) print(line);
  const broken = rows.flatMap((row) => row.broken);
  print('');
  print(broken.length === 0 ? 'every promise kept' : `${broken.length} broken promises`);
  return broken.length === 0 ? 0 : 1;
}

/**
 * As root the whole run has a mount namespace of its own: its disks are gone when it ends, however it ends, and no other process that makes a
 * namespace meanwhile keeps a dead disk alive.
 */
function inOwnNamespace(): Promise<number> {
  // private to the rest of the computer, and shared with what is started from here: what is unmounted is gone for them as well
  const script = 'mount --make-rshared / && exec "$0" "$@"';
  const words = ['--mount', '--propagation', 'private', 'sh', '-c', script, process.execPath, ...process.argv.slice(1)];
  const child = spawn('unshare', words, {
    stdio: 'inherit',
    env: { ...process.env, [ownMounts]: '1' },
  });
  for (const signal of signals) process.on(signal, () => child.kill(signal));
  return new Promise((resolve) => child.once('exit', (code) => resolve(code ?? 1)));
}
