/**
 * A form from the JSON Schema of a driver's config (draft 2020-12, as zod writes it). Each property carries its texts as `vi` and `en`
 * ({title, help}), maybe a `unit`, names of its `options`, and `secret` when it is a password. What the form cannot draw (objects, lists) it shows as JSON. Pure.
 */
import type { ConfigValue } from '@tramhoc/protocol/twin';
import type { Language } from '../language/language.tsx';

export type FormField = {
  key: string;
  title: string;
  help: string;
  unit: string | undefined;
  required: boolean;
  /** What the driver takes when the key is left out. */
  fallback: ConfigValue | undefined;
} & (
  | { type: 'text'; pattern: string | undefined; minLength: number; maxLength: number; secret: boolean }
  /** `decimal`: the sign of the language; the other one groups thousands. */
  | { type: 'number'; integer: boolean; min: number | undefined; max: number | undefined; decimal: ',' | '.' }
  | { type: 'switch' }
  | { type: 'choice'; options: { text: string; label: string; value: string | number | boolean }[] }
  | { type: 'json' }
);

/** What stands in the fields: text as typed, or the state of a switch. */
export type FormValues = Readonly<Record<string, string | boolean>>;
export type FieldFault =
  | 'required'
  | 'number'
  | 'integer'
  | 'min'
  | 'max'
  | 'pattern'
  | 'length'
  | 'choice'
  | 'json'
  | 'retype'
  | { takenBy: string };
export type FormResult = { ok: true; config: Record<string, ConfigValue> } | { ok: false; faults: Record<string, FieldFault> };

type Schema = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Schema => typeof value === 'object' && value !== null && !Array.isArray(value);
const isScalar = (value: unknown): value is string | number | boolean => ['string', 'number', 'boolean'].includes(typeof value);
const numberOr = (value: unknown): number | undefined =>
  typeof value === 'number' && Math.abs(value) < Number.MAX_SAFE_INTEGER ? value : undefined;

export function formFields(configSchema: Schema, language: Language): FormField[] {
  const properties = isObject(configSchema['properties']) ? configSchema['properties'] : {};
  const required = new Set(Array.isArray(configSchema['required']) ? configSchema['required'] : []);
  return Object.entries(properties).map(([key, raw]) => {
    const schema = isObject(raw) ? raw : {};
    const texts = isObject(schema[language]) ? schema[language] : {};
    const fallback = schema['default'] as ConfigValue | undefined;
    return {
      key,
      title: typeof texts['title'] === 'string' ? texts['title'] : typeof schema['title'] === 'string' ? schema['title'] : key,
      help: typeof texts['help'] === 'string' ? texts['help'] : typeof schema['description'] === 'string' ? schema['description'] : '',
      unit: typeof schema['unit'] === 'string' ? unitText(schema['unit'], language) : undefined,
      required: required.has(key) && fallback === undefined,
      fallback,
      ...kindOf(schema, language),
    };
  });
}

/** Units are signs that both languages write alike, but for three that a Vietnamese reader takes for other words. */
function unitText(unit: string, language: Language): string {
  return language === 'vi' ? ({ min: 'phút', h: 'giờ', d: 'ngày' }[unit] ?? unit) : unit;
}

/** A value set of scalars is a choice; then by JSON type. */
function kindOf(schema: Schema, language: Language): FieldKind {
  const options = optionsOf(schema);
  if (options !== undefined)
    return {
      type: 'choice',
      options: options.map((value) => ({ text: String(value), label: labelOf(schema, String(value), language), value })),
    };
  switch (schema['type']) {
    case 'boolean':
      return { type: 'switch' };
    case 'integer':
    case 'number':
      return {
        type: 'number',
        integer: schema['type'] === 'integer',
        min: numberOr(schema['minimum']) ?? numberOr(schema['exclusiveMinimum']),
        max: numberOr(schema['maximum']) ?? numberOr(schema['exclusiveMaximum']),
        decimal: language === 'vi' ? ',' : '.',
      };
    case 'string':
      return {
        type: 'text',
        pattern: typeof schema['pattern'] === 'string' ? schema['pattern'] : undefined,
        minLength: numberOr(schema['minLength']) ?? 0,
        maxLength: numberOr(schema['maxLength']) ?? 4_096,
        secret: schema['secret'] === true,
      };
    default:
      return { type: 'json' };
  }
}
type FieldKind = FormField extends infer Field
  ? Field extends FormField
    ? Omit<Field, 'key' | 'title' | 'help' | 'unit' | 'required' | 'fallback'>
    : never
  : never;

function labelOf(schema: Schema, value: string, language: Language): string {
  const named = isObject(schema['options']) ? schema['options'][value] : undefined;
  const label = isObject(named) ? named[language] : undefined;
  return typeof label === 'string' ? label : value;
}

function optionsOf(schema: Schema): (string | number | boolean)[] | undefined {
  const union = schema['anyOf'] ?? schema['oneOf'];
  const values = Array.isArray(schema['enum'])
    ? schema['enum']
    : Array.isArray(union)
      ? union.flatMap((one) => (isObject(one) ? (Array.isArray(one['enum']) ? one['enum'] : [one['const']]) : [undefined]))
      : undefined;
  return values !== undefined && values.length > 0 && values.every(isScalar) ? values : undefined;
}

/** The fields filled from a config; a key that it leaves out shows the driver's default. */
export function fillForm(fields: readonly FormField[], config: Readonly<Record<string, unknown>>): FormValues {
  return Object.fromEntries(
    fields.map((field) => {
      const value = config[field.key] ?? field.fallback;
      if (field.type === 'switch') return [field.key, value === true];
      if (value === undefined) return [field.key, ''];
      return [field.key, textOf(field, value)];
    }),
  );
}

function textOf(field: FormField, value: unknown): string {
  if (field.type === 'json') return JSON.stringify(value, null, 2);
  return field.type === 'number' ? String(value).replace('.', field.decimal) : String(value);
}

/**
 * The config that the fields stand for, or what is wrong per key. A field that is empty, or holds its default while `before` did not have the
 * key, is left out, so that the driver's own default goes on deciding. Keys of `before` that the schema does not know are kept.
 */
export function readForm(fields: readonly FormField[], values: FormValues, before: Readonly<Record<string, unknown>>): FormResult {
  const faults: Record<string, FieldFault> = {};
  const known = new Set(fields.map(({ key }) => key));
  const config: Record<string, ConfigValue> = Object.fromEntries(Object.entries(before).filter(([key]) => !known.has(key))) as Record<
    string,
    ConfigValue
  >;
  for (const field of fields) {
    const typed = values[field.key] ?? '';
    if (typeof typed === 'string' && typed.trim() === '') {
      if (field.required) faults[field.key] = 'required';
      continue;
    }
    const read = readField(field, typed, before[field.key] ?? field.fallback);
    if ('fault' in read) faults[field.key] = read.fault;
    else if (field.key in before || JSON.stringify(read.value) !== JSON.stringify(field.fallback)) config[field.key] = read.value;
  }
  return Object.keys(faults).length > 0 ? { ok: false, faults } : { ok: true, config };
}

/** `was`: what the field was filled from. */
function readField(field: FormField, typed: string | boolean, was: unknown): { value: ConfigValue } | { fault: FieldFault } {
  switch (field.type) {
    case 'switch':
      return { value: typed === true };
    case 'choice': {
      const option = field.options.find(({ text }) => text === typed);
      return option === undefined ? { fault: 'choice' } : { value: option.value };
    }
    case 'number': {
      // a number that nobody touched is what it was, also where people would not write it so (1e-7)
      const value = typeof was === 'number' && typed === textOf(field, was) ? was : readNumber(String(typed).trim(), field.decimal);
      if (value === undefined) return { fault: 'number' };
      if (field.integer && !Number.isInteger(value)) return { fault: 'integer' };
      if (field.min !== undefined && value < field.min) return { fault: 'min' };
      if (field.max !== undefined && value > field.max) return { fault: 'max' };
      return { value };
    }
    case 'text': {
      const value = String(typed).trim();
      if (value.length < field.minLength || value.length > field.maxLength) return { fault: 'length' };
      return field.pattern !== undefined && !matches(field.pattern, value) ? { fault: 'pattern' } : { value };
    }
    case 'json':
      try {
        return { value: JSON.parse(String(typed)) as ConfigValue };
      } catch {
        return { fault: 'json' };
      }
    default:
      return field satisfies never;
  }
}

const grouped = { ',': /^-?[1-9]\d{0,2}(?:\.\d{3})+(?:,\d+)?$/, '.': /^-?[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?$/ };

/** `3.600` and `0,25` in Vietnam, `3,600` and `0.25` in English. Either sign is the decimal one where it groups nothing: `2.5`, `0.125`. */
function readNumber(typed: string, decimal: ',' | '.'): number | undefined {
  if (grouped[decimal].test(typed)) return Number(typed.replaceAll(decimal === ',' ? '.' : ',', '').replace(',', '.'));
  return /^-?\d+(?:[,.]\d+)?$/.test(typed) ? Number(typed.replace(',', '.')) : undefined;
}

/** What was typed with the screen in one language, for the other: numbers are written otherwise. */
export function inLanguage(values: FormValues, from: readonly FormField[], to: readonly FormField[]): FormValues {
  const numbers = from.flatMap((field): [string, string][] => {
    const target = to.find(({ key }) => key === field.key);
    const value = field.type === 'number' ? readNumber(String(values[field.key] ?? ''), field.decimal) : undefined;
    return value === undefined || target === undefined ? [] : [[field.key, textOf(target, value)]];
  });
  return { ...values, ...Object.fromEntries(numbers) };
}

/** A pattern that this browser cannot read is left to the device to check. */
function matches(pattern: string, value: string): boolean {
  try {
    return new RegExp(pattern, 'u').test(value);
  } catch {
    return true;
  }
}
