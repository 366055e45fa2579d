/**
 * The ledger: what somebody outside the product was told that it counts. It lives in the memory of the test, so no fault of a disk touches it.
 * At the end it is compared with the tables of the centre.
 */
import { existsSync } from 'node:fs';
import BetterSqlite3 from 'better-sqlite3';

/** `by`: a PUBACK of the broker, a notice on a screen, a receipt of the centre. `during`: the round, for the report. */
export type Acknowledged = { id: string; by: 'puback' | 'screen' | 'receipt'; during: string };

export type Ledger = {
  readonly acknowledged: ReadonlyMap<string, Acknowledged>;
  acknowledge(id: string, by: Acknowledged['by']): void;
  /** Made by a client of the test; one that arrives and is not here was invented by somebody. */
  made(id: string): void;
  wasMade(id: string): boolean;
  /** Names what happens from now on. */
  during(what: string): void;
  /** What is acknowledged while this holds counts for nothing: the tool of the fault may have lied to the program. */
  doubt(holds: boolean): void;
};

export function createLedger(): Ledger {
  const acknowledged = new Map<string, Acknowledged>();
  const made = new Set<string>();
  let now = 'the beginning';
  let doubted = false;
  return {
    acknowledged,
    acknowledge(id, by) {
      if (!doubted) acknowledged.set(id, { id, by, during: now });
    },
    made: (id) => void made.add(id),
    wasMade: (id) => made.has(id),
    during(what) {
      now = what;
    },
    doubt(holds) {
      doubted = holds;
    },
  };
}

export type Comparison = { lost: Acknowledged[]; doubled: string[]; broken: string[] };

type EventRow = { position: number; device_id: string; epoch: string; seq: number; id: string; type: string };

const tapType = 'vn.tramhoc.attendance.tap.v1';
/** Lines told of each kind of fault; a test of the test loses hundreds. */
const toldLines = 5;

/**
 * `clients`: device ids whose every tap was made by a client of the test. `excused`: what may be missing, because its only copy was damaged.
 * `elsewhere`: databases in which a lost one is looked for. They may be in use.
 */
export function compareWithCentre(
  ledger: Ledger,
  {
    databasePath,
    elsewhere = [],
    clients = new Set(),
    excused = () => false,
  }: { databasePath: string; elsewhere?: readonly string[]; clients?: ReadonlySet<string>; excused?(id: string): boolean },
): Comparison {
  const database = openReadOnly(databasePath);
  try {
    const events = database.prepare('SELECT position, device_id, epoch, seq, id, type FROM events ORDER BY position').all() as EventRow[];
    const there = new Set(events.map(({ id }) => id));
    const lost = [...ledger.acknowledged.values()].filter(({ id }) => !there.has(id) && !excused(id));
    const doubled = doubledIn(database);
    const broken = [
      ...lost
        .slice(0, toldLines)
        .map(({ id, by, during }) => `lost: ${id}, acknowledged by ${by} in ${during}; ${whereabouts(id, elsewhere)}`),
      ...doubled.slice(0, toldLines),
      ...disordered(events).slice(0, toldLines),
      ...events
        .filter(({ device_id, type, id }) => clients.has(device_id) && type === tapType && !ledger.wasMade(id))
        .slice(0, toldLines)
        .map(({ id, type }) => `at the centre and nobody made it: ${type} ${id}`),
      ...setAside(database).slice(0, toldLines),
    ];
    return { lost, doubled, broken };
  } finally {
    database.close();
  }
}

/** How many of the acknowledged events the centre has. */
export function arrivedCount(ledger: Ledger, databasePath: string): number {
  const database = openReadOnly(databasePath);
  try {
    const ids = database.prepare('SELECT id FROM events').pluck().all() as string[];
    return ids.reduce((count, id) => count + (ledger.acknowledged.has(id) ? 1 : 0), 0);
  } finally {
    database.close();
  }
}

function openReadOnly(path: string): BetterSqlite3.Database {
  if (!existsSync(path)) throw new Error(`the centre has no database ${path}`);
  return new BetterSqlite3(path, { readonly: true });
}

/** Every card of a case is presented once and every event made once, so each hash stands once in the register. */
function doubledIn(database: BetterSqlite3.Database): string[] {
  const rows = (sql: string): { what: string; times: number }[] => database.prepare(sql).all() as { what: string; times: number }[];
  const one = (sql: string): number => database.prepare(sql).pluck().get() as number;
  const twice = [
    ...rows('SELECT id AS what, count(*) AS times FROM events GROUP BY id HAVING count(*) > 1'),
    ...rows(
      "SELECT device_id || ' ' || epoch || ' ' || seq AS what, count(*) AS times FROM events GROUP BY device_id, epoch, seq HAVING count(*) > 1",
    ),
    ...rows("SELECT 'card ' || card_hash AS what, count(*) AS times FROM taps GROUP BY card_hash HAVING count(*) > 1"),
    ...rows("SELECT 'feedback ' || tracking_code AS what, count(*) AS times FROM feedback GROUP BY tracking_code HAVING count(*) > 1"),
  ].map(({ what, times }) => `${times} times at the centre: ${what}`);
  const taps = one("SELECT count(*) FROM events WHERE type = 'vn.tramhoc.attendance.tap.v1'");
  if (one('SELECT count(*) FROM taps') !== taps) twice.push(`${one('SELECT count(*) FROM taps')} taps counted of ${taps}`);
  if (one('SELECT coalesce(sum(tap_count), 0) FROM tap_days') !== taps) twice.push('the taps of the days do not add up');
  return twice;
}

/** First arrivals of one (device, epoch) come in the order of their seq. */
function disordered(events: readonly EventRow[]): string[] {
  const last = new Map<string, number>();
  const lines: string[] = [];
  for (const { device_id, epoch, seq } of events) {
    const stream = `${device_id} ${epoch}`;
    const before = last.get(stream) ?? 0;
    if (seq <= before) lines.push(`out of order at the centre: ${stream} ${seq} after ${before}`);
    last.set(stream, Math.max(before, seq));
  }
  return lines;
}

/** Nobody sends anything malformed and no number is used twice. */
const setAside = (database: BetterSqlite3.Database): string[] =>
  (database.prepare('SELECT reason, payload FROM quarantine').all() as { reason: string; payload: string }[]).map(
    ({ reason, payload }) => `in quarantine at the centre (${reason}): ${payload.slice(0, 160)}`,
  );

/** Where else an event can be found, for the report: in the databases of a device (`queue`, `damaged`) or of a site (`event`, `quarantine`). */
function whereabouts(id: string, databasePaths: readonly string[]): string {
  const found = databasePaths.filter((path) => existsSync(path)).flatMap((path) => placesOf(id, path));
  return found.length === 0 ? 'it is nowhere else either' : `it is in ${found.join(', ')}`;
}

function placesOf(id: string, path: string): string[] {
  const columns = { queue: 'body', damaged: 'row', event: 'body', quarantine: 'CAST(payload AS TEXT)' };
  const database = new BetterSqlite3(path, { readonly: true });
  try {
    return Object.entries(columns)
      .filter(([table]) => database.prepare('SELECT 1 FROM sqlite_schema WHERE name = ?').get(table) !== undefined)
      .filter(([table, column]) => database.prepare(`SELECT 1 FROM ${table} WHERE instr(${column}, ?) > 0`).get(id) !== undefined)
      .map(([table]) => `${table} of ${path.split('/').slice(-2).join('/')}`);
  } finally {
    database.close();
  }
}
