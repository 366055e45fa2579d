/** The conversation with a projector: greeting, one command at a time, rounds of questions, and the power wish until it is true. */
import { isDeepStrictEqual } from 'node:util';
import type { DisplayState } from '@tramhoc/protocol/asset';
import type { ErrorCode } from '@tramhoc/protocol/errors';
import { type Command, encode, type Line, type Query, queries } from './codec.ts';
import { displayOf, type Facts, learn, noFacts, powerOf } from './display-facts.ts';

/** A reply later than this is none: the specifications give the projector two seconds. */
export const replyMs = 2_000;
/** While the wish is not true yet the power is asked for at this pace: warming takes half a minute, people watch. */
export const confirmEveryMs = 2_000;
/** A command that had no effect is given again: some projectors forget one that comes while they still cool. */
export const commandAgainMs = 10_000;
/** An unchanged state is told again after this time, so that upstream can tell "unchanged" from "gone". */
export const tellAgainMs = 10 * 60_000;

const polled: readonly Query[] = ['POWR', 'INPT', 'AVMT', 'ERST', 'LAMP'];

export type PowerWish = 'keep' | 'on' | 'off';
export type Conversation = {
  phase: 'greeting' | 'asking' | 'resting';
  /** Sent, not answered. */
  asked: Command | undefined;
  queue: readonly Command[];
  facts: Facts;
  /** Questions that this projector does not know (ERR1). */
  unknown: readonly Query[];
  /** What people want; `keep` also once it came true, so that a hand on the remote control is not fought. */
  wish: PowerWish;
  pollEveryMs: number;
  roundAtMs: number;
  commandedAtMs: number | undefined;
  told: { state: DisplayState; atMs: number } | undefined;
};
export type Event =
  | { type: 'line'; line: Line; atMs: number }
  /** The timer of the last `wait` fired. */
  | { type: 'timer'; atMs: number }
  | { type: 'configure'; wish?: PowerWish; pollEveryMs: number; atMs: number };
export type Action =
  | { do: 'send'; text: string }
  /** Replaces the one timer. */
  | { do: 'wait'; forMs: number }
  /** The projector talks with us: `open` may return. */
  | { do: 'ready' }
  | { do: 'tell'; state: DisplayState }
  | { do: 'warn'; message: string }
  | { do: 'fail'; code: ErrorCode; message: string };
export type Verdict = { next: Conversation; actions: Action[] };
/** Digest for the projector's random number; undefined when no password is configured. */
export type Digest = (random: string) => string | undefined;

export function begin({ wish, pollEveryMs, atMs }: { wish: PowerWish; pollEveryMs: number; atMs: number }): Verdict {
  const next: Conversation = {
    phase: 'greeting',
    asked: undefined,
    queue: [],
    facts: noFacts,
    unknown: [],
    wish,
    pollEveryMs,
    roundAtMs: atMs,
    commandedAtMs: undefined,
    told: undefined,
  };
  return { next, actions: [{ do: 'wait', forMs: replyMs }] };
}

export function converse(state: Conversation, event: Event, digest: Digest): Verdict {
  switch (event.type) {
    case 'line':
      return onLine(state, event.line, { atMs: event.atMs, digest });
    case 'timer':
      return state.phase === 'resting' ? nextRound(state, event.atMs) : onSilence(state);
    case 'configure': {
      const next = { ...state, pollEveryMs: event.pollEveryMs };
      if (event.wish === undefined) return state.phase === 'resting' ? rest(next, event.atMs) : { next, actions: [] };
      const wishing = { ...next, wish: event.wish, commandedAtMs: undefined };
      return state.phase === 'resting' ? nextRound(wishing, event.atMs) : { next: wishing, actions: [] };
    }
    default:
      return event satisfies never;
  }
}

function onSilence(state: Conversation): Verdict {
  const message =
    state.asked === undefined
      ? 'the device does not greet as PJLink does; switch on PJLink (network control, standby network) in its menu.'
      : `no answer to ${state.asked.query} within ${replyMs / 1_000} s; check the projector's network cable and that its network stays on in standby.`;
  return { next: state, actions: [{ do: 'fail', code: 'DRIVER_TIMEOUT', message }] };
}

function onLine(state: Conversation, line: Line, { atMs, digest }: { atMs: number; digest: Digest }): Verdict {
  switch (line.kind) {
    case 'greeting': {
      if (state.phase !== 'greeting') return { next: state, actions: [] };
      const proof = line.random === undefined ? '' : digest(line.random);
      if (proof === undefined) return refused(state, 'the projector wants a password; set the one from its PJLink menu.');
      return ask({ ...state, queue: questions(queries, state.unknown), roundAtMs: atMs }, proof);
    }
    case 'password-refused':
      return refused(state, 'the projector refused the password; set the one from its PJLink menu.');
    case 'reply':
      return onReply(state, line, atMs);
    default:
      return line satisfies never;
  }
}

function refused(state: Conversation, message: string): Verdict {
  return { next: state, actions: [{ do: 'fail', code: 'DRIVER_AUTH_FAILED', message }] };
}

function onReply(state: Conversation, { query, value }: { query: Query; value: string }, atMs: number): Verdict {
  const { asked } = state;
  if (asked === undefined || asked.query !== query) return { next: state, actions: [] };
  if (value === 'ERRA') return refused(state, 'the projector refused the password; set the one from its PJLink menu.');
  const ready: Action[] = state.told === undefined && query === 'POWR' && asked.parameter === '?' ? [{ do: 'ready' }] : [];
  const answered = { ...state, asked: undefined };
  const verdict = asked.parameter === '?' ? afterAnswer(answered, { query, value }, atMs) : afterCommand(answered, value, atMs);
  return { next: verdict.next, actions: [...ready, ...verdict.actions] };
}

function afterAnswer(state: Conversation, { query, value }: { query: Query; value: string }, atMs: number): Verdict {
  const unknown = value === 'ERR1' && query !== 'POWR' ? [...state.unknown, query] : state.unknown;
  const next = { ...state, facts: learn(state.facts, query, value), unknown };
  return next.queue.length > 0 ? ask(next) : endRound(next, atMs);
}

/** ERR1 and ERR2: it cannot do that. ERR3 (not now) and ERR4: given again later, like a command without effect. */
function afterCommand(state: Conversation, value: string, atMs: number): Verdict {
  if (value !== 'ERR1' && value !== 'ERR2') return rest(state, atMs);
  const verdict = rest({ ...state, wish: 'keep' }, atMs);
  return { next: verdict.next, actions: [{ do: 'warn', message: 'the projector cannot be switched by PJLink' }, ...verdict.actions] };
}

function endRound(state: Conversation, atMs: number): Verdict {
  const actions: Action[] = [];
  let next = state;
  const display = displayOf(state.facts);
  if (state.told === undefined || atMs - state.told.atMs >= tellAgainMs || !isDeepStrictEqual(state.told.state, display)) {
    actions.push({ do: 'tell', state: display });
    next = { ...next, told: { state: display, atMs } };
  }
  const power = powerOf(next.facts);
  if (next.wish === power) next = { ...next, wish: 'keep' };
  const switchable = (next.wish === 'on' && power === 'off') || (next.wish === 'off' && power === 'on');
  const due = next.commandedAtMs === undefined || atMs - next.commandedAtMs >= commandAgainMs;
  const verdict =
    switchable && due
      ? ask({ ...next, queue: [{ query: 'POWR', parameter: next.wish === 'on' ? '1' : '0' }], commandedAtMs: atMs })
      : rest(next, atMs);
  return { next: verdict.next, actions: [...actions, ...verdict.actions] };
}

/** All questions when their time has come, otherwise (a wish is under way) just the power. */
function nextRound(state: Conversation, atMs: number): Verdict {
  if (atMs - state.roundAtMs < state.pollEveryMs && state.wish !== 'keep') return ask({ ...state, queue: questions(['POWR'], []) });
  return ask({ ...state, facts: { ...state.facts, failing: false }, queue: questions(polled, state.unknown), roundAtMs: atMs });
}

function rest(state: Conversation, atMs: number): Verdict {
  const untilRoundMs = Math.max(0, state.roundAtMs + state.pollEveryMs - atMs);
  const forMs = state.wish === 'keep' ? untilRoundMs : Math.min(untilRoundMs, confirmEveryMs);
  return { next: { ...state, phase: 'resting', queue: [] }, actions: [{ do: 'wait', forMs }] };
}

function ask(state: Conversation, digest = ''): Verdict {
  const [asked, ...queue] = state.queue;
  if (asked === undefined) return { next: state, actions: [] };
  return {
    next: { ...state, phase: 'asking', asked, queue },
    actions: [
      { do: 'send', text: encode(asked, digest) },
      { do: 'wait', forMs: replyMs },
    ],
  };
}

function questions(wanted: readonly Query[], unknown: readonly Query[]): Command[] {
  return wanted.filter((query) => !unknown.includes(query)).map((query) => ({ query, parameter: '?' }));
}
