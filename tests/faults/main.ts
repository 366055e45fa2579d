/**
 * `npm run faults -- [--short] [--only <case>[,<case>]] [--rounds N] [--seed S] [--json]`: real faults on the programs of the product, one case after the other.
 * `--json` prints each row as a line of JSON. Ends with 1 when a promise was broken. docs/reliability.md says what is done and what the largest run found.
 */
import { spawn } from 'node:child_process';
import { parseArgs } from 'node:util';
import { cases } from './cases.ts';
import { tableOf } from './fault-case.ts';
import { haveCommand, isRoot } from './leftovers.ts';
import { runCases } from './run-cases.ts';

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const ownMounts = 'TRAMHOC_FAULTS_OWN_MOUNTS';
const usage = `usage: npm run faults -- [--short] [--only ${cases.map(({ name }) => name).join('|')}] [--rounds N] [--seed N] [--json]`;

function readOptions() {
  const { values } = parseArgs({
    options: {
      short: { type: 'boolean', default: false },
      only: { type: 'string' },
      rounds: { type: 'string' },
      seed: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  });
  const whole = (text: string): number => {
    const value = Number(text);
    if (!Number.isSafeInteger(value) || value < 1) throw new Error(`${text} is not a whole number above 0`);
    return value;
  };
  const only = values.only?.split(',');
  const unknown = only?.find((one) => !cases.some(({ name }) => name === one));
  if (unknown !== undefined) throw new Error(`no case ${unknown}`);
  return {
    short: values.short,
    json: values.json,
    only,
    rounds: values.rounds === undefined ? undefined : whole(values.rounds),
    seed: values.seed === undefined ? Math.floor(Date.now() / 86_400_000) : whole(values.seed),
  };
}

async function main(): Promise<number> {
  let options: ReturnType<typeof readOptions>;
  try {
    options = readOptions();
  } catch (error) {
    print(`${(error as Error).message}. ${usage}`);
    return 2;
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
  const chosen = cases.filter(({ name }) => options.only?.includes(name) ?? true);
  if (options.json) {
    const rows = await runCases(chosen, { ...options, onRow: (row) => print(JSON.stringify(row)) });
    return rows.some(({ broken }) => broken.length > 0) ? 1 : 0;
  }
  print(`seed ${options.seed}`);
  const rows = await runCases(chosen, {
    ...options,
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
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
  return new Promise((resolve) => child.once('exit', (code) => resolve(code ?? 1)));
}

const wantsNamespace = isRoot() && process.env[ownMounts] === undefined && haveCommand('unshare');
process.exitCode = wantsNamespace ? await inOwnNamespace() : await main();
