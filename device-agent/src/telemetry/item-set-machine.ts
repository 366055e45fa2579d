/**
 * Which items are news. Readers tell several times a second what they see, and miss a tag now and then: two tags shade each other, a hand lies on a
 * book. On a pad an item has come when it is seen, and has left when it was missed twice and not seen for a while; on a gate it has passed once
 * however often it is read on the way.
 */
import type { ItemsMode, ItemTag, ItemUid } from '@tramhoc/protocol/library';

/** `missedLooks` since it was seen; `patienceMs`: how long it may be unseen before it has left. */
type Present = { tag: ItemTag; seenMs: number; missedLooks: number; patienceMs: number };

export type ItemSet = {
  mode: ItemsMode;
  /** In the field, or passing. */
  present: ReadonlyMap<ItemUid, Present>;
  /** What the events so far say is in the field. In mode `passed`: what is passing and has been told. */
  told: ReadonlySet<ItemUid>;
  /** Left a moment ago, oldest first. */
  gone: ReadonlyMap<ItemUid, { leftMs: number; patienceMs: number }>;
  toldMs: number;
};

export type ItemNews = { arrived: ItemTag[]; left: ItemUid[]; presentCount: number };

/** A tag that misses one look has not left. */
const missedLooks = 2;
/** Nor has one that a hand covers for a second. */
const firstPatienceMs = 1_500;
/** A tag at the edge of the field comes and goes for hours: each time that it comes back soon it is given twice as long. */
const maxPatienceMs = 60_000;
const backSoonMs = 5 * 60_000;
/** Read again at a gate within this time, it is still the same passage. */
const passageMs = 10_000;
/** A pile is put down within a few looks: its books come in one or two events. */
const gatherMs = 1_000;
/** No pad and no gate holds more; a damaged reader that makes up numbers might. */
export const maxPresent = 1_000;

export function noItems(mode: ItemsMode): ItemSet {
  return { mode, present: new Map(), told: new Set(), gone: new Map(), toldMs: Number.NEGATIVE_INFINITY };
}

/** The reader saw `items` at `nowMs` (monotonic): all that is in the field, or what just passed. `news` is there when something is to be told. */
export function seeItems(set: ItemSet, { items, nowMs }: { items: readonly ItemTag[]; nowMs: number }): { set: ItemSet; news?: ItemNews } {
  const seen = new Map(items.map((tag) => [tag.uid, tag]));
  const present = new Map<ItemUid, Present>();
  const told = new Set(set.told);
  const gone = new Map([...set.gone].filter(([, { leftMs }]) => nowMs - leftMs < backSoonMs));
  for (const [uid, entry] of set.present) {
    const tag = seen.get(uid);
    const over = set.mode === 'passed' && told.has(uid) && nowMs - entry.seenMs >= passageMs;
    if (over) told.delete(uid);
    if (tag !== undefined) present.set(uid, { ...entry, tag, seenMs: nowMs, missedLooks: 0 });
    else if (set.mode === 'passed' ? !over : stays(entry, nowMs)) present.set(uid, { ...entry, missedLooks: entry.missedLooks + 1 });
    else gone.set(uid, { leftMs: nowMs, patienceMs: entry.patienceMs });
  }
  for (const [uid, tag] of seen) {
    if (present.has(uid) || present.size >= maxPresent) continue;
    const before = gone.get(uid);
    const patienceMs = before === undefined ? firstPatienceMs : Math.min(maxPatienceMs, before.patienceMs * 2);
    present.set(uid, { tag, seenMs: nowMs, missedLooks: 0, patienceMs });
    gone.delete(uid);
  }
  while (gone.size > maxPresent) gone.delete(gone.keys().next().value!);
  const next: ItemSet = { ...set, present, told, gone };
  const news = newsOf(next);
  const due = set.mode === 'passed' || nowMs - set.toldMs >= gatherMs;
  return news === undefined || !due ? { set: next } : { set: next, news };
}

function stays(entry: Present, nowMs: number): boolean {
  return entry.missedLooks + 1 < missedLooks || nowMs - entry.seenMs < entry.patienceMs;
}

function newsOf({ mode, present, told }: ItemSet): ItemNews | undefined {
  const arrived = [...present.values()].filter(({ tag }) => !told.has(tag.uid)).map(({ tag }) => tag);
  const left = mode === 'passed' ? [] : [...told].filter((uid) => !present.has(uid));
  return arrived.length + left.length === 0 ? undefined : { arrived, left, presentCount: present.size };
}

/** `news`, or a part of it, is on disk. What is not comes again with the next look. */
export function itemsTold(set: ItemSet, { arrived, left }: Pick<ItemNews, 'arrived' | 'left'>, nowMs: number): ItemSet {
  const told = new Set(set.told);
  for (const { uid } of arrived) told.add(uid);
  for (const uid of left) told.delete(uid);
  return { ...set, told, toldMs: nowMs };
}

/** Parts of at most `size` items each. */
export function inParts({ arrived, left, presentCount }: ItemNews, size: number): ItemNews[] {
  const parts: ItemNews[] = [];
  for (let at = 0; at < arrived.length + left.length; at += size) {
    const from = Math.max(0, at - arrived.length);
    parts.push({ arrived: arrived.slice(at, at + size), left: left.slice(from, Math.max(0, at + size - arrived.length)), presentCount });
  }
  return parts;
}
