/** What a projector has answered so far, and the display state that follows from it. */
import type { DisplayFault, DisplayPower, DisplayState } from '@tramhoc/protocol/asset';
import type { Query } from './codec.ts';

/**
 * Answers by question; a question without a usable answer is missing. `failing`: it answered ERR4 to something. `challenge`: the random number of its
 * greeting, while the way to prove the password is being found out.
 */
export type Facts = { answers: Partial<Record<Query, string>>; failing: boolean; challenge: string | undefined };
export const noFacts: Facts = { answers: {}, failing: false, challenge: undefined };

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
  CLSS: /^[1-9]$/,
  SNUM: /./s,
  SVER: /./s,
  INNM: /./s,
  IRES: /^\d{1,5}x\d{1,5}$/,
  FILT: /^\d{1,5}$/,
  FREZ: /^[01]$/,
  // nothing to learn: they only step
  SVOL: /^$/,
  MVOL: /^$/,
};

/** The facts after one answer. An answer that is an error, or not of the question's shape, takes the old one away. */
export function learn(facts: Facts, query: Query, value: string): Facts {
  const answers: Facts['answers'] = { ...facts.answers };
  // another input has another name
  if (query === 'INPT' && answers.INPT !== value) delete answers.INNM;
  if (shapes[query].test(value) && !/^ERR[1-4]$/.test(value)) answers[query] = value;
  else delete answers[query];
  return { ...facts, answers, failing: facts.failing || value === 'ERR4' };
}

/** 2 for every device that is at least that. */
export function classOf({ answers }: Facts): 1 | 2 {
  return Number(answers.CLSS ?? 1) >= 2 ? 2 : 1;
}

export function powerOf({ answers }: Facts): DisplayPower {
  return powers[answers.POWR ?? ''] ?? 'unknown';
}

export function displayOf(facts: Facts): DisplayState {
  const { INPT, AVMT, LAMP, NAME, INF1, INF2, SNUM, SVER, INNM, IRES, FILT, FREZ } = facts.answers;
  return {
    power: powerOf(facts),
    faults: faultsOf(facts),
    ...(INPT !== undefined && { input: INPT }),
    ...(AVMT !== undefined && { muted: AVMT.endsWith('1') }),
    ...(LAMP !== undefined && { lampHours: lampHoursOf(LAMP) }),
    ...(NAME !== undefined && { name: NAME.slice(0, maxNameLength) }),
    ...(INF1 !== undefined && { manufacturer: INF1.slice(0, maxNameLength) }),
    ...(INF2 !== undefined && { model: INF2.slice(0, maxNameLength) }),
    ...(SNUM !== undefined && { serial: SNUM.slice(0, maxNameLength) }),
    ...(SVER !== undefined && { firmware: SVER.slice(0, maxNameLength) }),
    ...(INNM !== undefined && { inputName: INNM.slice(0, maxNameLength) }),
    ...(IRES !== undefined && { resolution: IRES }),
    ...(FILT !== undefined && { filterHours: Number(FILT) }),
    ...(FREZ !== undefined && { frozen: FREZ === '1' }),
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
