/** What a board or signage display has told of itself, and the state that follows from it. */
import type { DisplayPower, DisplayState } from '@tramhoc/protocol/asset';
import type { Answer } from './display-dialect.ts';

/** `pieces`: the parts of an answer that comes in several frames, as far as they came. */
export type BoardFacts = { known: Partial<DisplayState>; pieces: readonly string[] };
export const noBoardFacts: BoardFacts = { known: {}, pieces: [] };

/** What only a running display can say. */
const awakeOnly = [
  'input',
  'inputName',
  'volumePct',
  'muted',
  'temperatureC',
  'resolution',
] as const satisfies readonly (keyof DisplayState)[];

export function boardState({ known }: BoardFacts): DisplayState {
  return { power: 'unknown', faults: [], ...known };
}

/** undefined: nothing that can be believed; what was known before is forgotten. */
export type Heard = { [Key in keyof DisplayState]?: DisplayState[Key] | undefined };

/** The display answered, with `heard`. */
export function learned(facts: BoardFacts, heard: Heard): Answer<BoardFacts> {
  const gone = (Object.keys(heard) as (keyof DisplayState)[]).filter((key) => heard[key] === undefined);
  return { is: 'done', facts: { known: omit({ ...facts.known, ...(heard as Partial<DisplayState>) }, gone), pieces: [] } };
}

/** A display that is not on has no input, no volume, no warm inside worth telling. */
export function powered(facts: BoardFacts, power: DisplayPower): Answer<BoardFacts> {
  if (power === 'on') return learned(facts, { power });
  return { is: 'done', facts: { known: { ...omit(facts.known, awakeOnly), power }, pieces: [] } };
}

/** The display refused: what was known of `keys` before is no longer. */
export function refused(facts: BoardFacts, keys: readonly (keyof DisplayState)[], is: 'later' | 'unknown'): Answer<BoardFacts> {
  return { is, facts: { known: omit(facts.known, keys), pieces: [] } };
}

/** `value` as a whole number of percent; undefined when it cannot be one. */
export function percent(value: number | undefined): number | undefined {
  return value !== undefined && Number.isInteger(value) && value >= 0 && value <= 100 ? value : undefined;
}

/** Printable ASCII up to the first NUL, as short as a display state allows; undefined when nothing of it is. */
export function printable(text: string): string | undefined {
  const clean = (text.split('\0')[0] ?? '').replace(/[^ -~]/g, '').trim();
  return clean === '' ? undefined : clean.slice(0, 64);
}

function omit(known: Partial<DisplayState>, keys: readonly (keyof DisplayState)[]): Partial<DisplayState> {
  return Object.fromEntries(Object.entries(known).filter(([key]) => !keys.includes(key as keyof DisplayState)));
}
