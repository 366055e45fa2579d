/** What somebody is editing: the slots of a device as forms, and what would be sent. Pure. */
import { z } from 'zod';
import type { DeviceDetail } from '../../api/contract.ts';
import type { Language } from '../language/language.tsx';
import type { DesiredDrivers } from './compare-twin.ts';
import { type FieldFault, type FormField, type FormValues, fillForm, formFields, inLanguage, readForm } from './slot-form-model.ts';

/** `retype`: secrets that were typed before the page was loaded anew; they are kept nowhere. */
export type DraftSlot = {
  kind: string;
  before: Readonly<Record<string, unknown>>;
  values: FormValues;
  removed: boolean;
  retype?: readonly string[];
};
/** `version` and `base`: the desired state that the forms were filled from. */
export type Draft = { version: number; base: DesiredDrivers; slots: Readonly<Record<string, DraftSlot>> };
type Kinds = DeviceDetail['driverKinds'];

export function fieldsOf(kinds: Kinds, kind: string, language: Language): FormField[] {
  const known = kinds.find((one) => one.kind === kind);
  return known === undefined ? [] : formFields(known.configSchema, language);
}

export function draftOf({ twinView, driverKinds }: Pick<DeviceDetail, 'twinView' | 'driverKinds'>, language: Language): Draft {
  return {
    version: twinView.desiredVersion,
    base: twinView.desired.drivers,
    slots: Object.fromEntries(
      Object.entries(twinView.desired.drivers).map(([slot, { kind, config }]) => [
        slot,
        { kind, before: config, values: fillForm(fieldsOf(driverKinds, kind, language), config), removed: false },
      ]),
    ),
  };
}

/** `config`: what is known already; the driver's defaults fill the rest. */
export function withNewSlot(
  draft: Draft,
  { slot, kind, fields, config = {} }: { slot: string; kind: string; fields: readonly FormField[]; config?: Record<string, unknown> },
): Draft {
  return { ...draft, slots: { ...draft.slots, [slot]: { kind, before: {}, values: fillForm(fields, config), removed: false } } };
}

/** Ports that the forms name, of slots that stay. */
export function portsIn({ slots }: Draft): ReadonlySet<string> {
  return new Set(
    Object.values(slots).flatMap(({ values, removed }) => (removed || typeof values['port'] !== 'string' ? [] : [values['port']])),
  );
}

/** The kind itself, then with a number: `rdm6300`, `rdm6300-2`. */
export function freeSlotName({ slots }: Draft, kind: string): string {
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? kind : `${kind}-${number}`;
    if (!Object.hasOwn(slots, name)) return name;
  }
}

export type DraftResult = { drivers: DesiredDrivers; faults: Readonly<Record<string, Readonly<Record<string, FieldFault>>>> };

/** What the forms say. `drivers` leaves out what is removed and what has faults. */
export function readDraft(draft: Draft, kinds: Kinds, language: Language): DraftResult {
  const drivers: Record<string, { kind: string; config: Record<string, unknown> }> = {};
  const faults: Record<string, Record<string, FieldFault>> = {};
  for (const [slot, { kind, before, values, removed, retype = [] }] of Object.entries(draft.slots)) {
    if (removed) continue;
    const read = readForm(fieldsOf(kinds, kind, language), values, before);
    if (read.ok && retype.length === 0) drivers[slot] = { kind, config: read.config };
    else faults[slot] = { ...(read.ok ? {} : read.faults), ...Object.fromEntries(retype.map((key) => [key, 'retype' as const])) };
  }
  for (const [slot, fault] of portFaults(draft)) {
    delete drivers[slot];
    faults[slot] = { port: fault, ...faults[slot] };
  }
  return { drivers: drivers as DesiredDrivers, faults };
}

/** A path, COM3, or a kind of address with its sign: `tcp://…`, `hid:…`. Whether the driver can use it, the device says. */
const portShape = /^(?:\/\S+|COM\d+|[a-z][a-z-]*:.*)$/;

/** Two slots cannot have one port: the one whose port was changed gives way. */
function portFaults({ slots }: Draft): [string, FieldFault][] {
  const holders = new Map<string, string>();
  const typed = Object.entries(slots).flatMap(([slot, { values, removed, before }]) => {
    const port = typeof values['port'] === 'string' ? values['port'].trim() : '';
    return removed || port === '' ? [] : [{ slot, port, kept: before['port'] === port }];
  });
  return typed
    .sort((a, b) => Number(b.kept) - Number(a.kept))
    .flatMap(({ slot, port }): [string, FieldFault][] => {
      const holder = holders.get(port.toLowerCase());
      if (holder !== undefined) return [[slot, { takenBy: holder }]];
      holders.set(port.toLowerCase(), slot);
      return portShape.test(port) ? [] : [[slot, 'pattern']];
    });
}

/** What is typed into a slot. */
export function withValues(slot: DraftSlot, values: FormValues): DraftSlot {
  const { retype = [], ...rest } = slot;
  const left = retype.filter((key) => values[key] === slot.values[key]);
  return { ...rest, values, ...(left.length > 0 && { retype: left }) };
}

const StoredDraft = z.object({
  version: z.int(),
  language: z.enum(['vi', 'en']),
  slots: z.record(
    z.string(),
    z.object({
      kind: z.string(),
      removed: z.boolean(),
      values: z.record(z.string(), z.union([z.string(), z.boolean()])),
      retype: z.array(z.string()),
    }),
  ),
});

/** A draft to be stored: secrets are left out, those that were typed are named. */
export function draftText({ version, slots }: Draft, kinds: Kinds, language: Language): string {
  const stored: z.infer<typeof StoredDraft> = {
    ...{ version, language },
    slots: Object.fromEntries(
      Object.entries(slots).map(([slot, { kind, before, values, removed, retype = [] }]) => {
        const fields = fieldsOf(kinds, kind, language);
        const secrets = fields.filter((field) => field.type === 'text' && field.secret).map(({ key }) => key);
        const filled = fillForm(fields, before);
        const open = Object.fromEntries(Object.entries(values).filter(([key]) => !secrets.includes(key)));
        return [
          slot,
          { kind, removed, values: open, retype: secrets.filter((key) => values[key] !== filled[key] || retype.includes(key)) },
        ];
      }),
    ),
  };
  return JSON.stringify(stored);
}

/** A stored draft over what is desired now; undefined when it is none. One of an older version stays of that version, and cannot be applied. */
export function restoredDraft(
  text: string,
  { twinView, driverKinds }: Pick<DeviceDetail, 'twinView' | 'driverKinds'>,
  language: Language,
): Draft | undefined {
  const stored = StoredDraft.safeParse(jsonOf(text)).data;
  if (stored === undefined) return undefined;
  const base = twinView.desired.drivers as Record<string, { kind: string; config: Record<string, unknown> }>;
  return {
    version: stored.version,
    base: twinView.desired.drivers,
    slots: Object.fromEntries(
      Object.entries(stored.slots).map(([slot, { kind, removed, values, retype }]) => {
        const fields = fieldsOf(driverKinds, kind, language);
        const before = base[slot]?.kind === kind ? base[slot].config : {};
        const typed = stored.language === language ? values : inLanguage(values, fieldsOf(driverKinds, kind, stored.language), fields);
        return [slot, { kind, before, removed, values: { ...fillForm(fields, before), ...typed }, ...(retype.length > 0 && { retype }) }];
      }),
    ),
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
