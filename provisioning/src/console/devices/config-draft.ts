/** What somebody is editing: the slots of a device as forms, and what would be sent. Pure. */
import type { DeviceDetail } from '../../api/contract.ts';
import type { Language } from '../language/language.tsx';
import type { DesiredDrivers } from './compare-twin.ts';
import { type FieldFault, type FormField, type FormValues, fillForm, formFields, readForm } from './slot-form-model.ts';

export type DraftSlot = { kind: string; before: Readonly<Record<string, unknown>>; values: FormValues; removed: boolean };
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
  for (const [slot, { kind, before, values, removed }] of Object.entries(draft.slots)) {
    if (removed) continue;
    const read = readForm(fieldsOf(kinds, kind, language), values, before);
    if (read.ok) drivers[slot] = { kind, config: read.config };
    else faults[slot] = read.faults;
  }
  return { drivers: drivers as DesiredDrivers, faults };
}
