/**
 * Where the event of an outbox and a seq stands in the list. It is asked for what was sent again, which is seldom and mostly soon: so the newest places
 * are in memory, and thousands at a time go to disk, one row for each outbox. What is in memory is read from the rows of events again after a start.
 */
import { crc32 } from 'node:zlib';
import type { SiteDatabase } from '../site-database.ts';

/** `run`: the short name of an outbox. */
export type Place = { run: number; seq: number; position: number };

export type Places = {
  add(place: Place): void;
  /** The position, or undefined; the row there may be gone. */
  find(of: Pick<Place, 'run' | 'seq'>): number | undefined;
  unplacedCount(): number;
  /** The highest seq of an outbox among what is not on disk; 0: none. */
  highestUnplaced(run: number): number;
  /** Of each outbox that has something that is not on disk, what has its highest seq. */
  lastOfEach(): Iterable<Place>;
  /** Puts on disk what is not. */
  write(): void;
  /** Has in memory what is not on disk: before rows go that tell it. */
  load(): void;
  /** Forgets what stands before the first row that there is, and these, which went out of the middle. */
  forget(gone: readonly Pick<Place, 'run' | 'position'>[]): void;
};

/** Up to this position places are in the table. */
const placedKey = 'event.placed';

export function createPlaces(database: SiteDatabase): Places {
  const put = database.prepare('INSERT INTO stretch (upto, run, first_seq, last_seq, places) VALUES (?, ?, ?, ?, ?)');
  const inStretch = database.prepare<{ places: string }>(
    'SELECT places FROM stretch WHERE upto = ? AND run = ? AND first_seq <= ? AND last_seq >= ?',
  );
  const ends = database.prepare<{ upto: number }>('SELECT DISTINCT upto FROM stretch ORDER BY upto DESC');
  const first = database.prepare<{ position: number | null }>('SELECT min(position) AS position FROM event');
  const dropBefore = database.prepare('DELETE FROM stretch WHERE upto < ?');
  const placesAt = database.prepare<{ places: string }>('SELECT places FROM stretch WHERE upto = ? AND run = ?');
  const shorten = database.prepare('UPDATE stretch SET places = ? WHERE upto = ? AND run = ?');
  const drop = database.prepare('DELETE FROM stretch WHERE upto = ? AND run = ?');
  const rowsAfter = database.prepare<Place & { crc: number | null; body: string }>(
    'SELECT run, seq, position, crc, body FROM event WHERE position > ? ORDER BY position',
  );
  const placed = (): number => Number(database.meta.get(placedKey) ?? 0);

  /** Both are read again when they are needed: after a rollback the disk may not be there to ask. */
  let unplaced: Place[] | undefined;
  let stretches: number[] | undefined;
  database.onRollback(() => {
    unplaced = undefined;
    stretches = undefined;
  });
  const notOnDisk = (): Place[] => {
    if (unplaced !== undefined) return unplaced;
    unplaced = [];
    // a damaged number would pass for one that has arrived, and what really comes under it would be taken for a repeat
    for (const { crc, body, ...place } of rowsAfter.iterate(placed()))
      if (crc === null || crc === rowChecksum({ ...place, body })) unplaced.push(place);
    return unplaced;
  };
  const allStretches = (): number[] => {
    stretches ??= ends.all().map(({ upto }) => upto);
    return stretches;
  };
  const onDisk = ({ run, seq }: Pick<Place, 'run' | 'seq'>): number | undefined => {
    for (const upto of allStretches()) {
      const row = inStretch.get(upto, run, seq, seq);
      const position = row === undefined ? undefined : positionIn(JSON.parse(row.places) as number[], seq);
      if (position !== undefined) return position;
    }
    return undefined;
  };
  /** What is gone of the stretch that ends at `upto`. A run of which nothing is left in it has no row there. */
  const forgetIn = (upto: number, runs: Iterable<number>, gone: ReadonlySet<number>): void => {
    for (const run of runs) {
      const row = placesAt.get(upto, run);
      if (row === undefined) continue;
      const pairs = JSON.parse(row.places) as number[];
      const left = pairs.filter((_, at) => !gone.has(pairs[at | 1]!));
      if (left.length === 0) drop.run(upto, run);
      else if (left.length < pairs.length) shorten.run(JSON.stringify(left), upto, run);
    }
  };

  return {
    add: (place) => void notOnDisk().push(place),
    find: (of) => notOnDisk().findLast(({ run, seq }) => run === of.run && seq === of.seq)?.position ?? onDisk(of),
    unplacedCount: () => notOnDisk().length,
    highestUnplaced: (of) => notOnDisk().reduce((highest, { run, seq }) => (run === of && seq > highest ? seq : highest), 0),
    lastOfEach: () => byRun<Place>(notOnDisk(), (held, place) => (held === undefined || place.seq > held.seq ? place : held)).values(),
    write() {
      const upto = notOnDisk().at(-1)?.position;
      if (upto === undefined) return;
      const grouped = byRun<Place[]>(notOnDisk(), (held = [], place) => {
        held.push(place);
        return held;
      });
      for (const [run, places] of grouped) {
        const seqs = places.map(({ seq }) => seq);
        const pairs = places.flatMap(({ seq, position }) => [seq, position]);
        put.run(upto, run, Math.min(...seqs), Math.max(...seqs), JSON.stringify(pairs));
      }
      database.meta.set(placedKey, String(upto));
      stretches = [upto, ...allStretches().filter((other) => other !== upto)];
      unplaced = [];
    },
    load: () => void notOnDisk(),
    forget(gone) {
      const from = first.get()?.position ?? Number.POSITIVE_INFINITY;
      if (dropBefore.run(Math.min(from, Number.MAX_SAFE_INTEGER)).changes > 0) stretches = undefined;
      const positions = new Set(gone.map(({ position }) => position));
      unplaced = notOnDisk().filter(({ position }) => position >= from && !positions.has(position));
      const ascending = allStretches().toReversed();
      const runsOf = new Map<number, Set<number>>();
      for (const { run, position } of gone) {
        const upto = ascending.find((end) => end >= position);
        if (upto !== undefined) runsOf.set(upto, (runsOf.get(upto) ?? new Set()).add(run));
      }
      for (const [upto, runs] of runsOf) forgetIn(upto, runs, positions);
    },
  };
}

/** `pairs`: seq, position, seq, position ... */
function positionIn(pairs: readonly number[], seq: number): number | undefined {
  for (let at = 0; at < pairs.length; at += 2) if (pairs[at] === seq) return pairs[at + 1];
  return undefined;
}

function byRun<Value>(places: readonly Place[], join: (held: Value | undefined, place: Place) => Value): Map<number, Value> {
  const joined = new Map<number, Value>();
  for (const place of places) joined.set(place.run, join(joined.get(place.run), place));
  return joined;
}

/** CRC-32 of the body that begins with whose event it is: a damaged number is found like damaged text. */
export const rowChecksum = ({ run, seq, body }: { run: number; seq: number; body: string }): number =>
  crc32(body, (Math.imul(run, 0x9e37_79b1) ^ seq) >>> 0);
