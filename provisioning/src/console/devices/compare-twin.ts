/** What is wished beside what the device reports, key by key. Pure. */
import type { DeviceDetail, TwinView } from '../../api/contract.ts';

/**
 * same: equal. default: not wished, the device took its driver's default. changed: both have it, differently. missing: wished, not reported.
 * extra: reported, not wished (any more).
 */
export type TwinDrift = 'same' | 'default' | 'changed' | 'missing' | 'extra';
export type TwinRow = { key: string; desired: unknown; reported: unknown; drift: TwinDrift; error: TwinError | undefined; secret: boolean };
export type TwinSlot = {
  slot: string;
  desiredKind: string | undefined;
  reportedKind: string | undefined;
  rows: TwinRow[];
  errors: TwinError[];
};
export type TwinError = TwinView['errors'][number];

type Kinds = DeviceDetail['driverKinds'];

export function compareTwin({ desired, reported, errors }: TwinView, kinds: Kinds): TwinSlot[] {
  const wished = desired.drivers as Record<string, { kind: string; config: Record<string, unknown> }>;
  const running = (reported?.drivers ?? {}) as typeof wished;
  const slots = [...new Set([...Object.keys(wished), ...Object.keys(running)])].sort();
  return slots.map((slot) => {
    const want = wished[slot];
    const has = running[slot];
    const mine = errors.filter((error) => errorPlace(error.key).slot === slot);
    const { defaults, secrets } = knownKeys(kinds, (want ?? has)!.kind);
    const keys = [...new Set([...Object.keys(want?.config ?? {}), ...Object.keys(has?.config ?? {})])];
    return {
      slot,
      desiredKind: want?.kind,
      reportedKind: has?.kind,
      errors: mine.filter((error) => !keys.includes(errorPlace(error.key).key)),
      rows: keys.map((key) => {
        const [wants, does] = [want?.config[key], has?.config[key]];
        return {
          key,
          desired: wants,
          reported: does,
          secret: secrets.has(key),
          // devices keep secrets out of their reports, so that nothing can be said of them but errors
          drift:
            secrets.has(key) && has !== undefined ? 'same' : driftOf({ wants, does, fallback: defaults[key], wished: want !== undefined }),
          error: mine.find((error) => errorPlace(error.key).key === key),
        };
      }),
    };
  });
}

function driftOf({ wants, does, fallback, wished }: { wants: unknown; does: unknown; fallback: unknown; wished: boolean }): TwinDrift {
  const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
  if (wants === undefined) return wished && same(does, fallback) ? 'default' : 'extra';
  if (does === undefined) return same(wants, fallback) ? 'same' : 'missing';
  return same(wants, does) ? 'same' : 'changed';
}

function knownKeys(kinds: Kinds, kind: string): { defaults: Record<string, unknown>; secrets: Set<string> } {
  const properties = (kinds.find((one) => one.kind === kind)?.configSchema['properties'] ?? {}) as Record<
    string,
    { default?: unknown; secret?: unknown }
  >;
  const entries = Object.entries(properties);
  return {
    defaults: Object.fromEntries(entries.map(([key, schema]) => [key, schema.default])),
    secrets: new Set(entries.filter(([, schema]) => schema.secret === true).map(([key]) => key)),
  };
}

/** `drivers.gate.config.port`, `gate.port` and `gate` all name slot `gate`. */
export function errorPlace(path: string): { slot: string; key: string } {
  const parts = path.split(/[./]/).filter(Boolean);
  const [slot = '', ...rest] = parts[0] === 'drivers' ? parts.slice(1) : parts;
  return { slot, key: (rest[0] === 'config' ? rest.slice(1) : rest)[0] ?? '' };
}

/** Nothing is left to do for the device. */
export const hasDrift = (slots: readonly TwinSlot[]): boolean =>
  slots.some(
    (slot) =>
      slot.desiredKind !== slot.reportedKind ||
      slot.errors.length > 0 ||
      slot.rows.some(({ drift }) => drift !== 'same' && drift !== 'default'),
  );

export type DesiredDrivers = TwinView['desired']['drivers'];
export type SlotChange = { slot: string; what: 'added' | 'removed' | 'changed'; keys: string[] };

/** What an edit would change, for the question before it is applied. */
export function changedSlots(before: DesiredDrivers, after: DesiredDrivers): SlotChange[] {
  const [old, next] = [before as Record<string, SlotWish>, after as Record<string, SlotWish>];
  return [...new Set([...Object.keys(old), ...Object.keys(next)])].sort().flatMap((slot): SlotChange[] => {
    const [was, is] = [old[slot], next[slot]];
    if (was === undefined) return [{ slot, what: 'added', keys: Object.keys(is?.config ?? {}) }];
    if (is === undefined) return [{ slot, what: 'removed', keys: [] }];
    const keys = [...new Set([...Object.keys(was.config), ...Object.keys(is.config)])].filter(
      (key) => JSON.stringify(was.config[key]) !== JSON.stringify(is.config[key]),
    );
    return keys.length > 0 || was.kind !== is.kind ? [{ slot, what: 'changed', keys }] : [];
  });
}
type SlotWish = { kind: string; config: Record<string, unknown> };
