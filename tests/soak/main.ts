/**
 * `npm run soak -- [--minutes 30] [--rate 5000] [--json file]`: a broker and a centre of the product under a steady load while lines break, devices vanish and strangers
 * send rubbish. Every ten seconds memory and file descriptors are written down. At the end nothing is lost, nothing is twice, and neither has grown.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { runProgram, typedNumber } from '@tramhoc/base/command-line';
import { demandWritableFile } from '@tramhoc/base/config';
import { seededRandom } from '@tramhoc/base/random';
import BetterSqlite3 from 'better-sqlite3';
import { createLedger } from '../faults/acknowledged.ts';
import { removeLeftovers } from '../faults/leftovers.ts';
import type { Program } from '../faults/program.ts';
import { buildTemplate, openTown, siteId, type Template, type Town } from '../faults/town.ts';
import { growthPerHour, isFlat, type Sample } from './flatness.ts';
import { type SteadyDevice, startSteadyDevice } from './steady-load.ts';

const usage = `usage: npm run soak -- [--minutes 30] [--rate 5000] [--json <file>]

A broker and a centre under a steady load of --rate events a second while lines break; docs/reliability.md says what is checked. --json: the figures.`;
const options = {
  minutes: { type: 'string', default: '30' },
  rate: { type: 'string', default: '5000' },
  json: { type: 'string' },
} as const;
const devices = 8;
const sampleMs = 10_000;
const faultEveryMs = 30_000;
const print = (line: string): void => void process.stdout.write(`${line}\n`);
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

type Wanted = { minutes: number; rate: number; json: string | undefined };

await runProgram({ usage, options }, async ({ values: { json, ...typed } }) => {
  const minutes = typedNumber('minutes', typed.minutes, { max: 10_000, whole: false });
  const rate = typedNumber('rate', typed.rate, { max: 1_000_000 });
  if (json !== undefined) demandWritableFile(json);
  // the programs end with us (faults/program.ts)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(130));
  return await soak({ minutes, rate, json });
});

async function soak(wanted: Wanted): Promise<number> {
  removeLeftovers();
  const template = await buildTemplate();
  const random = seededRandom(20_261_123);
  const town = await openTown({ template, ledger: createLedger(), random: () => random.fraction() });
  try {
    const programs = { centre: await town.start('centre'), broker: await town.start('broker') };
    const load = startLoad(town, template, wanted.rate);
    const samples = { centre: [] as Sample[], broker: [] as Sample[] };
    const startMs = performance.now();
    const over = (): boolean => performance.now() - startMs > wanted.minutes * 60_000;
    await Promise.all([watch(programs, samples, { startMs, over, load }), breakThings(town, load, over)]);
    print('the load ends; what is under way arrives');
    await Promise.all(load.map((device) => device.finish()));
    town.upLine.set({ do: 'pass' });
    await town.drained(900_000);
    return report(town, load, samples, wanted);
  } finally {
    await town.close();
    template.remove();
  }
}

function startLoad(town: Town, template: Template, rate: number): SteadyDevice[] {
  return Array.from({ length: devices }, (_, at) => {
    const client = at % 2 === 0 ? 'client-1' : 'client-2';
    return startSteadyDevice({
      ...{ port: town.brokerPort, siteId, deviceId: template.deviceIds[client], name: `soak-${at}` },
      identityFolder: join(template.folder, client, 'identity'),
      eventsPerSecond: rate / devices,
    });
  });
}

type Programs = Record<'centre' | 'broker', Program>;
type Watching = { startMs: number; over(): boolean; load: readonly SteadyDevice[] };

async function watch(programs: Programs, samples: Record<keyof Programs, Sample[]>, { startMs, over, load }: Watching): Promise<void> {
  let before = 0;
  for (let count = 1; !over(); count += 1) {
    await sleep(sampleMs);
    const seconds = (performance.now() - startMs) / 1_000;
    for (const name of ['centre', 'broker'] as const) samples[name].push({ seconds, ...usageOf(programs[name].pid) });
    if (count % 6 !== 0) continue;
    const acknowledged = load.reduce((sum, device) => sum + device.acknowledged(), 0);
    const [centre, broker] = [samples.centre.at(-1)!, samples.broker.at(-1)!];
    const usage = ({ rssBytes, descriptors }: Sample): string => `${(rssBytes / 1e6).toFixed(0)} MB, ${descriptors} descriptors`;
    print(
      `minute ${Math.round(seconds / 60)}: ${Math.round((acknowledged - before) / 60)}/s acknowledged; broker ${usage(broker)}; centre ${usage(centre)}`,
    );
    before = acknowledged;
  }
}

function usageOf(pid: number): Omit<Sample, 'seconds'> {
  const rssBytes = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1_024;
  return { rssBytes, descriptors: readdirSync(`/proc/${pid}/fd`).length };
}

/** One after the other, again and again. */
async function breakThings(town: Town, load: readonly SteadyDevice[], over: () => boolean): Promise<void> {
  const pass = { do: 'pass' } as const;
  const faults: [string, () => Promise<void>][] = [
    [
      'the line to the centre is cut for 10 s',
      () =>
        during(
          () => town.upLine.set({ do: 'cut' }),
          10_000,
          () => town.upLine.set(pass),
        ),
    ],
    ['every device vanishes at once', async () => load.forEach((device) => void device.drop())],
    [
      'the line to the centre is a black hole for 20 s',
      () =>
        during(
          () => town.upLine.set({ do: 'hold' }),
          20_000,
          () => town.upLine.set(pass),
        ),
    ],
    ['strangers send rubbish', () => strangers(town.brokerPort)],
    ['the centre forgets its connections', async () => town.upLine.forgetFarEnds()],
    [
      'the line to the centre is slow for 20 s',
      () =>
        during(
          () => town.upLine.set({ do: 'delay', delayMs: 300, jitterMs: 300 }),
          20_000,
          () => town.upLine.set(pass),
        ),
    ],
    ['connections break in the middle of a record', async () => town.upLine.cutInRecord()],
  ];
  for (let at = 0; !over(); at += 1) {
    const startMs = performance.now();
    const [what, act] = faults[at % faults.length]!;
    if (at < faults.length) print(`fault: ${what}`);
    await act();
    while (!over() && performance.now() - startMs < faultEveryMs) await sleep(500);
  }
}

async function during(begin: () => void, ms: number, end: () => void): Promise<void> {
  begin();
  await sleep(ms);
  end();
}

/** A hundred connections that are no TLS, and a hundred that say nothing and go. */
async function strangers(port: number): Promise<void> {
  const noise = Buffer.alloc(2_000, 0x5a);
  for (let count = 0; count < 200; count += 1) {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.on('error', () => undefined);
    if (count % 2 === 0) socket.write(noise);
    setTimeout(() => socket.destroy(), 1_000);
    await sleep(20);
  }
}

type StreamRow = { device_id: string; epoch: string; rows: number; highest: number };

function report(
  town: Town,
  load: readonly SteadyDevice[],
  samples: Record<keyof Programs, Sample[]>,
  { minutes, rate, json }: Wanted,
): number {
  const database = new BetterSqlite3(town.centreDatabase, { readonly: true });
  const streams = database
    .prepare('SELECT device_id, epoch, count(*) AS rows, max(seq) AS highest FROM events GROUP BY 1, 2')
    .all() as StreamRow[];
  const aside = (database.prepare('SELECT count(*) AS count FROM quarantine').get() as { count: number }).count;
  database.close();
  const broken: string[] = aside === 0 ? [] : [`${aside} events in quarantine`];
  let acknowledged = 0;
  for (const device of load) {
    const row = streams.find(({ device_id, epoch }) => device_id === device.deviceId && epoch === device.epoch);
    acknowledged += device.acknowledged();
    if (row === undefined || row.rows !== device.acknowledged() || row.highest !== device.acknowledged())
      broken.push(
        `${device.acknowledged()} were acknowledged in ${device.epoch}; at the centre there are ${row?.rows ?? 0}, the highest is ${row?.highest ?? 0}`,
      );
  }
  print(`${acknowledged} events acknowledged, all compared by their numbers`);
  for (const name of ['centre', 'broker'] as const) {
    const { rssBytesPerHour, descriptorsPerHour } = growthPerHour(samples[name]);
    print(
      `${name}: ${(rssBytesPerHour / 1e6).toFixed(1)} MB and ${descriptorsPerHour.toFixed(1)} descriptors an hour after the first third`,
    );
    if (!isFlat(samples[name])) broken.push(`${name} grows`);
  }
  for (const line of broken) print(`broken: ${line}`);
  print(broken.length === 0 ? 'nothing lost, nothing twice, nothing grows' : `${broken.length} broken promises`);
  if (json !== undefined) writeFileSync(json, JSON.stringify({ minutes, rate, acknowledged, samples, broken }));
  return broken.length === 0 ? 0 : 1;
}
