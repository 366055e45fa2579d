/**
 * Which filters a topic matches, and which topics a filter does: one tree of levels for both. Source: MQTT 3.1.1, 4.7. Time grows with the levels
 * of the topic and the wildcards that fit, not with the number of subscriptions. Pure.
 */

type Level<Value> = { below: Map<string, Level<Value>>; value: Value | undefined };

export type TopicTree<Value> = {
  get(path: string): Value | undefined;
  set(path: string, value: Value): void;
  delete(path: string): void;
  /** The paths are filters: the values of those that match `topic`. */
  matching(topic: string): Value[];
  /** The paths are topics: the values of those that `filter` matches. */
  matchedBy(filter: string): Value[];
};

const newLevel = <Value>(): Level<Value> => ({ below: new Map(), value: undefined });

export function createTopicTree<Value>(): TopicTree<Value> {
  const root = newLevel<Value>();
  const find = (path: string): Level<Value> | undefined => {
    let at: Level<Value> | undefined = root;
    for (const name of path.split('/')) at = at?.below.get(name);
    return at;
  };
  return {
    get: (path) => find(path)?.value,
    set(path, value) {
      let at = root;
      for (const name of path.split('/')) {
        const next = at.below.get(name) ?? newLevel<Value>();
        at.below.set(name, next);
        at = next;
      }
      at.value = value;
    },
    delete: (path) => void prune(root, path.split('/'), 0),
    matching(topic) {
      const found: Value[] = [];
      collectFilters(root, { names: topic.split('/'), at: 0, found });
      return found;
    },
    matchedBy(filter) {
      const found: Value[] = [];
      collectTopics(root, { names: filter.split('/'), at: 0, found }, 0);
      return found;
    },
  };
}

/** Takes the value away, and every level that holds nothing any more. True when `level` itself is empty now. */
function prune<Value>(level: Level<Value>, names: readonly string[], at: number): boolean {
  if (at === names.length) level.value = undefined;
  else {
    const name = names[at]!;
    const next = level.below.get(name);
    if (next !== undefined && prune(next, names, at + 1)) level.below.delete(name);
  }
  return level.value === undefined && level.below.size === 0;
}

type Search<Value> = { names: readonly string[]; at: number; found: Value[] };

function collectFilters<Value>(level: Level<Value>, { names, at, found }: Search<Value>): void {
  // topics that begin with $ are met by no filter that begins with a wildcard [MQTT-4.7.2-1]
  const wild = at > 0 || !names[0]!.startsWith('$');
  // `a/#` matches `a` too
  const rest = wild ? level.below.get('#')?.value : undefined;
  if (rest !== undefined) found.push(rest);
  if (at === names.length) {
    if (level.value !== undefined) found.push(level.value);
    return;
  }
  const exact = level.below.get(names[at]!);
  if (exact !== undefined) collectFilters(exact, { names, at: at + 1, found });
  const one = wild ? level.below.get('+') : undefined;
  if (one !== undefined) collectFilters(one, { names, at: at + 1, found });
}

/** `depth` runs on where `at` stays: below `#`. */
function collectTopics<Value>(level: Level<Value>, { names, at, found }: Search<Value>, depth: number): void {
  if (at === names.length) {
    if (level.value !== undefined) found.push(level.value);
    return;
  }
  const name = names[at]!;
  if (name === '#' && level.value !== undefined) found.push(level.value);
  if (name !== '+' && name !== '#') {
    const exact = level.below.get(name);
    if (exact !== undefined) collectTopics(exact, { names, at: at + 1, found }, depth + 1);
    return;
  }
  for (const [below, next] of level.below) {
    if (depth === 0 && below.startsWith('$')) continue;
    collectTopics(next, { names, at: name === '#' ? at : at + 1, found }, depth + 1);
  }
}
