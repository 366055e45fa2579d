/** The end of a history: what was promised, against what the centre, the devices and the disks have. Each line is a broken promise. */
import type BetterSqlite3 from 'better-sqlite3';
import { agentDatabase } from './agent-computer.ts';
import { centreDatabase } from './centre-computer.ts';
import { maxTimers } from './computer.ts';
import type { District } from './district.ts';
import { declaredLosses } from './ledger.ts';
import { type Platter, statementOf } from './simulated-disk.ts';
import { siteDatabase } from './site-computer.ts';

type CentreEvent = { position: number; device_id: string; epoch: string; seq: number; id: string; type: string };

export function compareLedger(district: District): void {
  const platter = district.centre.computer.disk.platters.get(centreDatabase)!;
  const { raw } = platter;
  const events = raw.prepare('SELECT position, device_id, epoch, seq, id, type FROM events ORDER BY position').all() as CentreEvent[];
  exactlyOnce(district, raw, events);
  inOrder(district, events);
  nothingInvented(district, events);
  onceAtSite(district);
  receiptsTrue(district, raw);
  nothingSetAside(district, raw);
  twinsAgree(district, platter);
  withinLimits(district);
}

function exactlyOnce({ ledger, violation, count }: District, raw: BetterSqlite3.Database, events: readonly CentreEvent[]): void {
  const times = new Map<string, number>();
  for (const { id } of events) times.set(id, (times.get(id) ?? 0) + 1);
  const declared = declaredLosses(raw);
  for (const entry of ledger.accepted.values()) {
    const found = times.get(entry.id) ?? 0;
    const name = `${entry.type} ${entry.id} (${entry.device} ${entry.epoch} ${entry.seq})`;
    if (found > 1) violation(`${found} times at the centre: ${name}`);
    if (found > 0) continue;
    if (entry.excused !== undefined) continue;
    if (entry.evicted && declared(entry)) {
      count('events given up and declared');
      continue;
    }
    const shown = entry.presented ? ', although a person was told that it counts' : '';
    violation(`lost${entry.evicted ? ' without a record of it' : ''}: ${name}${shown}`);
  }
  counted(raw, violation);
}

/** What is counted from events counts each once. */
function counted(raw: BetterSqlite3.Database, violation: (what: string) => void): void {
  const one = (sql: string): number => raw.prepare(sql).pluck().get() as number;
  const tapEvents = one("SELECT count(DISTINCT id) FROM events WHERE type = 'vn.tramhoc.attendance.tap.v1'");
  if (one('SELECT count(*) FROM taps') !== tapEvents) violation(`${one('SELECT count(*) FROM taps')} taps counted of ${tapEvents}`);
  if (one('SELECT coalesce(sum(tap_count), 0) FROM tap_days') !== tapEvents) violation('the taps of the days do not add up');
  const feedback = one("SELECT count(DISTINCT id) FROM events WHERE type = 'vn.tramhoc.kiosk.feedback.v1'");
  if (one('SELECT count(*) FROM feedback') !== feedback) violation('feedback counted twice or not at all');
}

/**
 * First arrivals of one (device, epoch) come in the order of their seq, unless a disk was exchanged. What was given up and came all the same (a
 * request that was long under way), or was let go after its time and is sent again by a device that still had it, comes when it comes.
 */
function inOrder({ ledger, violation }: District, events: readonly CentreEvent[]): void {
  const last = new Map<string, number>();
  for (const { id, device_id, epoch, seq } of events) {
    const entry = ledger.accepted.get(id);
    if (entry?.evicted === true || entry?.letGo === true) continue;
    const stream = `${device_id} ${epoch}`;
    if (seq <= (last.get(stream) ?? 0) && !ledger.disordered.has(device_id as never))
      violation(`out of order at the centre: ${stream} ${seq} after ${last.get(stream)}`);
    last.set(stream, Math.max(seq, last.get(stream) ?? 0));
  }
}

function nothingInvented({ ledger, violation, sites }: District, events: readonly CentreEvent[]): void {
  const brokers = new Set<string>(sites.map(({ brokerId }) => brokerId));
  for (const { id, device_id, type } of events)
    if (!ledger.accepted.has(id) && !brokers.has(device_id)) violation(`at the centre and nobody said it: ${type} ${id}`);
}

/** A receipt says "every seq up to this one is stored or declared": then it must be so. */
function receiptsTrue({ ledger, violation }: District, raw: BetterSqlite3.Database): void {
  const stored = raw.prepare('SELECT 1 FROM events WHERE device_id = ? AND epoch = ? AND seq = ?');
  const declared = declaredLosses(raw);
  const streams = raw.prepare('SELECT device_id, epoch, contiguous_seq FROM streams').all() as {
    device_id: string;
    epoch: string;
    contiguous_seq: number;
  }[];
  for (const { device_id, epoch, contiguous_seq } of streams)
    for (let seq = 1; seq <= contiguous_seq; seq += 1) {
      if (stored.get(device_id, epoch, seq) !== undefined) continue;
      if (!declared({ device: device_id as never, epoch, seq }))
        violation(`the receipt of ${device_id} ${epoch} covers ${seq}, which is not there`);
      if (ledger.byPlace(device_id, epoch, seq) === undefined) continue;
    }
}

/**
 * A site has each event once. The centre would recognise what arrives twice, so that nobody would see it there; but the site's store would fill with
 * repeats, and a site that is restored would be the only one to know.
 */
function onceAtSite({ sites, violation }: District): void {
  for (const { computer } of sites) {
    const platter = computer.disk.platters.get(siteDatabase);
    if (platter === undefined) continue;
    const repeated = statementOf(
      platter,
      'SELECT device, epoch, seq, count(*) AS times FROM event JOIN run ON run.id = event.run GROUP BY 1, 2, 3 HAVING times > 1',
    ).all();
    for (const { device, epoch, seq, times } of repeated as { device: string; epoch: string; seq: number; times: number }[])
      violation(`${times} times in the store of ${computer.name}: ${device} ${epoch} ${seq}`);
  }
}

/** Nothing here is malformed and no number is used twice, so nobody may put anything into quarantine. */
function nothingSetAside({ sites, violation }: District, centre: BetterSqlite3.Database): void {
  const rows = centre.prepare('SELECT reason, payload FROM quarantine').all() as { reason: string; payload: string }[];
  for (const { reason, payload } of rows) violation(`in quarantine at the centre (${reason}): ${payload.slice(0, 160)}`);
  for (const { computer } of sites) {
    const set = computer.disk.platters.get(siteDatabase)?.raw.prepare('SELECT code, reason FROM quarantine').all() as {
      code: string;
      reason: string;
    }[];
    for (const { code, reason } of set ?? []) violation(`in quarantine at ${computer.name}: ${code} ${reason}`);
  }
}

/** Desired version and hash are what the device reported last. */
function twinsAgree({ devices, violation }: District, centre: Platter): void {
  for (const { deviceId, computer } of devices) {
    const fault = twinFault(centre, deviceId);
    if (fault !== undefined) violation(`twin of ${computer.name}: ${fault}`);
  }
}

export function twinFault(centre: Platter, deviceId: string): string | undefined {
  const desired = statementOf(centre, 'SELECT version, hash FROM desired WHERE device_id = ?').get(deviceId) as Twin | undefined;
  const reported = statementOf(centre, 'SELECT version, hash FROM reported WHERE device_id = ?').get(deviceId) as Twin | undefined;
  if (desired === undefined) return undefined;
  if (reported === undefined) return `version ${desired.version} is wished for and nothing was reported`;
  return desired.version === reported.version && desired.hash === reported.hash
    ? undefined
    : `version ${desired.version} is wished for, ${reported.version} is reported`;
}
type Twin = { version: number; hash: string };

/** A twin with the largest document, twice, is less; nothing else that is kept beside the databases grows. */
const maxFileChars = 256 * 1_024;
/** Packets and requests under way in a whole district, all repeats and delays of slow lines counted. */
const tasksOfWires = 2_000;

/** What a queue may hold beyond its cap: the records of what was given up, made after making room. */
const recordsBytes = 4_096;

/** Looked at every 1.5 seconds of a bad day, and at its end. */
export function withinLimits({ centre, devices, sites, violation, loop }: District): void {
  for (const { computer, outboxMaxBytes, held } of devices) {
    const platter = computer.disk.platters.get(agentDatabase);
    // a damaged one waits to be exchanged
    if (platter === undefined || held !== undefined) continue;
    const { bytes } = statementOf(platter, 'SELECT coalesce(sum(bytes), 0) + count(*) * 160 AS bytes FROM queue').get() as {
      bytes: number;
    };
    if (bytes > outboxMaxBytes + recordsBytes) violation(`${computer.name}: ${bytes} bytes in an outbox of ${outboxMaxBytes}`);
  }
  for (const { computer, maxStoreBytes, held } of sites) {
    const platter = computer.disk.platters.get(siteDatabase);
    if (platter === undefined || held !== undefined) continue;
    const pages = statementOf(platter, 'PRAGMA page_count').pluck().get() as number;
    if (pages * 4_096 > maxStoreBytes) violation(`${computer.name}: ${pages * 4_096} bytes in a store of ${maxStoreBytes}`);
  }
  for (const { computer } of [centre, ...sites, ...devices])
    for (const [path, text] of computer.disk.texts)
      if (text.length > maxFileChars) violation(`${computer.name}: ${path} has ${text.length} characters`);
  const tasks = tasksOfWires + maxTimers * (1 + sites.length + devices.length);
  if (loop.taskCount > tasks) violation(`${loop.taskCount} things wait for their time: something is never given up`);
}
