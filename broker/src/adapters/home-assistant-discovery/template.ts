/**
 * The part of Home Assistant's templates that only picks a value: `{{ value }}`, `{{ value_json.a['b'][0] | float | round(1) }}`. Everything else is a
 * programming language, and is not run. Pure.
 */
import { asObject, numberOf, own } from '../payload-text.ts';

type Filter = { name: 'float' | 'int' } | { name: 'round'; digits: number };
export type ValueTemplate = { from: 'text' | 'json'; path: readonly (string | number)[]; filters: readonly Filter[] };

const maxCharacters = 300;
const maxPath = 8;
const maxFilters = 6;
const maxDigits = 6;

/** What a sensor without a template does. */
export const wholeText: ValueTemplate = { from: 'text', path: [], filters: [] };

/** Undefined: more than we understand. */
export function parseTemplate(text: string): ValueTemplate | undefined {
  if (text.length > maxCharacters) return undefined;
  const inside = /^\s*\{\{-?([^{}]*?)-?\}\}\s*$/.exec(text)?.[1];
  if (inside === undefined) return undefined;
  const head = /^\s*value(_json)?/.exec(inside);
  if (head === null) return undefined;
  let rest = inside.slice(head[0].length);
  const path: (string | number)[] = [];
  if (head[1] !== undefined) {
    for (let step = pathStep(rest); step !== undefined; step = pathStep(rest)) {
      path.push(step.key);
      rest = step.rest;
    }
    if (path.length === 0 || path.length > maxPath) return undefined;
  }
  const filters = filtersOf(rest);
  return filters === undefined ? undefined : { from: head[1] === undefined ? 'text' : 'json', path, filters };
}

function pathStep(rest: string): { key: string | number; rest: string } | undefined {
  const found = /^\.([A-Za-z_]\w*)|^\[\s*(?:'([^'\\]*)'|"([^"\\]*)"|(\d{1,4}))\s*\]/.exec(rest);
  if (found === null) return undefined;
  const name = found[1] ?? found[2] ?? found[3];
  return { key: name ?? Number(found[4]), rest: rest.slice(found[0].length) };
}

/** `float(0)` says what to do when there is no number; without one there is no value for us. */
function filtersOf(rest: string): Filter[] | undefined {
  const filters: Filter[] = [];
  let left = rest.trim();
  while (left !== '') {
    const found = /^\|\s*(float|int|round)\s*(?:\(\s*(-?\d+(?:\.\d+)?|none)?\s*\))?\s*/i.exec(left);
    if (found === null || filters.length >= maxFilters) return undefined;
    const name = found[1] as 'float' | 'int' | 'round';
    if (name !== 'round') filters.push({ name });
    else {
      const digits = Number(found[2] ?? 0);
      if (!Number.isInteger(digits) || digits < 0 || digits > maxDigits) return undefined;
      filters.push({ name, digits });
    }
    left = left.slice(found[0].length);
  }
  return filters;
}

/** What stands at the place; undefined when nothing does. */
export function picked(template: ValueTemplate, { text, json }: { text: string; json: unknown }): unknown {
  if (template.from === 'text') return text;
  let at: unknown = json;
  for (const key of template.path) {
    if (typeof key === 'number') at = Array.isArray(at) ? at[key] : undefined;
    else at = own(asObject(at), key);
  }
  return at;
}

/** The number that the template makes of a payload; undefined when it is none. */
export function numberBy(template: ValueTemplate, payload: { text: string; json: unknown }): number | undefined {
  let value = numberOf(picked(template, payload));
  for (const filter of template.filters) {
    if (value === undefined) return undefined;
    if (filter.name === 'int') value = Math.trunc(value);
    if (filter.name === 'round') value = Number(value.toFixed(filter.digits));
  }
  return value;
}
