/** What a projector has answered so far, and the display state that follows from it. */
import type { DisplayFault, DisplayPower, DisplayState } from '@tramhoc/protocol/asset';
import type { Query } from './codec.ts';

/** Answers by question; a question without a usable answer is missing. `failing`: it answered ERR4 to something. */
export type Facts = { answers: Partial<Record<Query, string>>; failing: boolean };
export const noFacts: Facts = { answers: {}, failing: false };

const powers: Record<string, DisplayPower> = { '0': 'off', '1': 'on', '2': 'cooling', '3': 'warming' };
const parts: readonly DisplayFault['part'][] = ['fan', 'lamp', 'temperature', 'cover', 'filter', 'other'];
/** Projectors have up to eight lamps (LAMP in the specifications). */
const maxLamps = 8;
const maxNameLength = 64;

/** Shapes of the answers; anything else is not believed. */
const shapes: Record<Query, RegExp> = {
  POWR: /^[0-3]$/,
  INPT: /^[1-9][0-9A-Z]$/,
  AVMT: /^[1-3][01]$/,
  ERST: /^[0-2]{6}$/,
  LAMP: /^\d{1,5} [01](?: \d{1,5} [01])*$/,
  NAME: /./s,
  INF1: /./s,
  INF2: /./s,
};

/** The facts after one answer. An answer that is an error, or not of the question's shape, takes the old one away. */
export function learn({ answers, failing }: Facts, query: Query, value: string): Facts {
  const { [query]: _old, ...others } = answers;
  const known = shapes[query].test(value) && !/^ERR[1-4]$/.test(value);
  return { answers: known ? { ...others, [query]: value } : others, failing: failing || value === 'ERR4' };
}

export function powerOf({ answers }: Facts): DisplayPower {
  return powers[answers.POWR ?? ''] ?? 'unknown';
}

export function displayOf(facts: Facts): DisplayState {
  const { INPT, AVMT, LAMP, NAME, INF1, INF2 } = facts.answers;
  return {
    power: powerOf(facts),
    faults: faultsOf(facts),
    ...(INPT !== undefined && { input: INPT }),
    ...(AVMT !== undefined && { muted: AVMT.endsWith('1') }),
    ...(LAMP !== undefined && { lampHours: lampHoursOf(LAMP) }),
    ...(NAME !== undefined && { name: NAME.slice(0, maxNameLength) }),
    ...(INF1 !== undefined && { manufacturer: INF1.slice(0, maxNameLength) }),
    ...(INF2 !== undefined && { model: INF2.slice(0, maxNameLength) }),
  };
}

/** Six digits, one a part: 0 fine, 1 warning, 2 error. ERR4 without any such digit is an error of something else. */
function faultsOf({ answers, failing }: Facts): DisplayFault[] {
  const faults = [...(answers.ERST ?? '')].flatMap((digit, at): DisplayFault[] =>
    digit === '0' ? [] : [{ part: parts[at]!, level: digit === '1' ? 'warning' : 'error' }],
  );
  return failing && !faults.some(({ level }) => level === 'error')
    ? [...faults.filter(({ part }) => part !== 'other'), { part: 'other', level: 'error' }]
    : faults;
}

/** `hours lit hours lit …`: one pair a lamp. */
function lampHoursOf(value: string): number[] {
  return value
    .split(' ')
    .filter((_word, at) => at % 2 === 0)
    .slice(0, maxLamps)
    .map(Number);
}
