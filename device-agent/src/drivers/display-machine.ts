/**
 * The conversation with a display (board, projector, signage) whatever its protocol: one command at a time, rounds of questions, and wishes that are
 * given until they are true. What is said on the wire is the business of a Dialect.
 */
import { isDeepStrictEqual } from 'node:util';
import type { DisplayState } from '@tramhoc/protocol/asset';
import type {
  Action,
  Answer,
  Aspect,
  Conversation,
  Dialect,
  Event,
  Failure,
  Note,
  Step,
  Verdict,
  Wish,
  Wishes,
} from './display-dialect.ts';

/** While a wish is not true yet it is asked after at this pace: warming takes half a minute, people watch. */
export const confirmEveryMs = 2_000;
/** A command that had no effect is given again: some displays forget one that comes while they still cool or start. */
export const commandAgainMs = 10_000;
/** Five minutes of that: what did not come true by then will not. */
export const commandTries = 30;
/** Some displays hear nothing while they start or stop, for up to a minute (Android in boards): for so long after a switch silence is no failure. */
export const deafMs = 90_000;
/** An unchanged state is told again after this time, so that upstream can tell "unchanged" from "gone". */
export const tellAgainMs = 10 * 60_000;
/** A question that stays unanswered in this many rounds is not asked any more on this connection: the display does not know it. */
export const silentRounds = 3;

const aspects: readonly Aspect[] = ['power', 'input', 'volumePct', 'muted'];
const nothing = new Uint8Array();

type Talk<Frame, Facts> = { dialect: Dialect<Frame, Facts>; state: Conversation<Facts>; atMs: number };

export function begin<Frame, Facts>(
  dialect: Dialect<Frame, Facts>,
  { wishes, came, pollEveryMs, atMs }: { wishes: Wishes; came: Wishes; pollEveryMs: number; atMs: number },
): Verdict<Facts> {
  const state: Conversation<Facts> = {
    phase: 'greeting',
    asked: undefined,
    queue: [],
    wholeRound: true,
    ready: false,
    facts: dialect.noFacts,
    unknown: [],
    silences: {},
    wanted: wishes,
    came: only(wishes, (aspect) => came[aspect] === wishes[aspect]),
    pending: only(wishes, (aspect) => came[aspect] !== wishes[aspect]),
    given: {},
    switching: undefined,
    pollEveryMs,
    roundAtMs: atMs,
    quietUntilMs: atMs,
    told: undefined,
  };
  if (dialect.greet !== undefined) return { next: state, actions: [{ do: 'wait', forMs: dialect.replyMs }] };
  return askNext({ dialect, state: { ...state, queue: [{ command: dialect.power }] }, atMs });
}

export function converse<Frame, Facts>(dialect: Dialect<Frame, Facts>, state: Conversation<Facts>, event: Event<Frame>): Verdict<Facts> {
  const talk = { dialect, state, atMs: event.atMs };
  switch (event.type) {
    case 'frame':
      return onFrame(talk, event.frame);
    case 'timer':
      return onTimer(talk);
    case 'gone':
      return { next: left(talk), actions: [] };
    case 'configure': {
      const next = configured(state, event);
      return state.phase === 'resting' ? rest({ ...talk, state: next }) : { next, actions: [] };
    }
    default:
      return event satisfies never;
  }
}

/** A wish that changed is given again, also one that had come true before. */
function configured<Facts>(
  state: Conversation<Facts>,
  { wishes, pollEveryMs }: { wishes: Wishes; pollEveryMs: number },
): Conversation<Facts> {
  let { came, pending, given } = state;
  for (const aspect of aspects) {
    if (wishes[aspect] === state.wanted[aspect]) continue;
    came = without(came, aspect);
    pending = { ...without(pending, aspect), ...(wishes[aspect] === undefined ? {} : { [aspect]: wishes[aspect] }) };
    given = without(given, aspect);
  }
  return { ...state, wanted: wishes, came, pending, given, pollEveryMs };
}

function onTimer<Frame, Facts>(talk: Talk<Frame, Facts>): Verdict<Facts> {
  switch (talk.state.phase) {
    case 'greeting':
      return greeted(talk, undefined);
    case 'asking':
      return onSilence(talk);
    case 'pausing':
      return askNext(talk);
    case 'resting':
      return nextRound(talk);
    default:
      return talk.state.phase satisfies never;
  }
}

function onFrame<Frame, Facts>(talk: Talk<Frame, Facts>, frame: Frame): Verdict<Facts> {
  const { dialect, state, atMs } = talk;
  if (state.phase === 'greeting') return greeted(talk, frame);
  if (state.asked !== undefined) {
    const answer = dialect.hear(state.asked.command, frame, state.facts);
    if (answer !== undefined) return onAnswer(talk, answer);
  }
  const facts = dialect.overhear?.(frame, state.facts);
  if (facts === undefined) return { next: state, actions: [] };
  const told = tell(dialect.stateOf(facts), { ...state, facts }, atMs);
  // told at once only between rounds: in the middle of one the other answers are still to come
  return state.phase === 'resting' ? told : { next: { ...state, facts }, actions: [] };
}

function greeted<Frame, Facts>(talk: Talk<Frame, Facts>, frame: Frame | undefined): Verdict<Facts> {
  const { dialect, state, atMs } = talk;
  const greeting = dialect.greet?.(state.facts, frame);
  if (greeting === undefined) return frame === undefined ? silent(talk) : { next: state, actions: [] };
  switch (greeting.do) {
    case 'fail':
      return { next: state, actions: [failure(greeting)] };
    case 'send':
      return {
        next: { ...state, facts: greeting.facts },
        actions: [...noted(greeting.note), { do: 'wait', forMs: dialect.replyMs }, { do: 'send', bytes: greeting.bytes }],
      };
    case 'begin': {
      const next = { ...state, facts: greeting.facts, queue: [{ command: dialect.power }], roundAtMs: atMs };
      return withFirst(noted(greeting.note), askNext({ dialect, state: next, atMs }, greeting.prefix));
    }
    default:
      return greeting satisfies never;
  }
}

/** Nothing came: the command is given again, then a question is passed over; without an answer about the power there is nobody. */
function onSilence<Frame, Facts>(talk: Talk<Frame, Facts>): Verdict<Facts> {
  const { dialect, state, atMs } = talk;
  const { asked } = state;
  if (asked === undefined) return silent(talk);
  if (asked.tries <= dialect.retries) {
    const next = { ...state, asked: { ...asked, tries: asked.tries + 1 } };
    return {
      next,
      actions: [{ do: 'drop-partial' }, { do: 'wait', forMs: patience(dialect, state) }, { do: 'send', bytes: asked.command.bytes }],
    };
  }
  const { name } = asked.command;
  const answered = { ...state, asked: undefined };
  // a display that starts or stops may swallow the answer to its switch
  if (asked.change !== undefined) return withFirst([{ do: 'drop-partial' }], rest({ dialect, state: taken(answered, asked, atMs), atMs }));
  const deaf = maybeDeaf(talk);
  if (deaf && name === dialect.power.name) return withFirst([{ do: 'drop-partial' }], deafRound({ dialect, state: answered, atMs }));
  if (!deaf && (dialect.retries === 0 || name === dialect.power.name)) return silent(talk);
  const count = (state.silences[name] ?? 0) + (deaf ? 0 : 1);
  const unknown = count >= silentRounds ? [...state.unknown, name] : state.unknown;
  const next = { ...answered, unknown, silences: { ...state.silences, [name]: count } };
  return withFirst([{ do: 'drop-partial' }], goOn({ dialect, state: next, atMs }));
}

function maybeDeaf<Frame, Facts>({ state: { switching }, atMs }: Talk<Frame, Facts>): boolean {
  return switching !== undefined && atMs - switching.atMs < deafMs;
}

/** Told as what it does, and asked again soon. */
function deafRound<Frame, Facts>({ dialect, state, atMs }: Talk<Frame, Facts>): Verdict<Facts> {
  const power = state.switching?.to === 'on' ? 'warming' : 'cooling';
  const { next, actions } = tell({ ...dialect.stateOf(state.facts), power }, state, atMs);
  return withFirst(actions, rest({ dialect, state: next, atMs }));
}

/** A display whose network sleeps with it goes while it switches off, and never says that it did. */
function left<Frame, Facts>({ state }: Talk<Frame, Facts>): Conversation<Facts> {
  if (state.switching?.to !== 'off' || state.pending.power !== 'off') return state;
  return { ...state, came: { ...state.came, power: 'off' }, pending: without(state.pending, 'power') };
}

function silent<Frame, Facts>(talk: Talk<Frame, Facts>): Verdict<Facts> {
  const { dialect, state } = talk;
  const what = state.asked === undefined ? dialect.noGreeting : `no answer to ${state.asked.command.name}; ${dialect.noAnswer}`;
  return { next: left(talk), actions: [{ do: 'fail', code: 'DRIVER_TIMEOUT', message: what ?? dialect.noAnswer }] };
}

function onAnswer<Frame, Facts>(talk: Talk<Frame, Facts>, answer: Answer<Facts>): Verdict<Facts> {
  const { dialect, atMs } = talk;
  const asked = talk.state.asked!;
  if (answer.is === 'failure') return { next: talk.state, actions: [failure(answer)] };
  const heard = { ...talk.state, facts: answer.facts, silences: without(talk.state.silences, asked.command.name) };
  if (answer.is === 'part') return { next: heard, actions: [{ do: 'wait', forMs: dialect.replyMs }] };
  const state = { ...heard, asked: undefined };
  if (asked.change !== undefined) return afterChange({ dialect, state, atMs }, asked, answer.is);
  const power = asked.command.name === dialect.power.name;
  const unknown = answer.is === 'unknown' && !power ? [...state.unknown, asked.command.name] : state.unknown;
  const more = power && state.wholeRound ? dialect.questions(state.facts, { first: state.told === undefined }) : [];
  const followUp = answer.is === 'done' ? (answer.followUp ?? []) : [];
  const queue = [...[...followUp, ...more].filter(({ name }) => !unknown.includes(name)).map((command) => ({ command })), ...state.queue];
  const ready: Action[] = power && !state.ready ? [{ do: 'ready' }] : [];
  return withFirst(ready, goOn({ dialect, state: { ...state, unknown, queue, ready: state.ready || power }, atMs }));
}

/** `later`: given again after a while, like a command without effect. */
function afterChange<Frame, Facts>(
  { dialect, state, atMs }: Talk<Frame, Facts>,
  asked: Step,
  is: 'done' | 'later' | 'unknown',
): Verdict<Facts> {
  if (is === 'done') return rest({ dialect, state: taken(state, asked, atMs), atMs });
  if (is === 'later') return rest({ dialect, state: quiet(state, asked, atMs), atMs });
  const pending = without(state.pending, asked.change!.aspect);
  return withFirst(
    [{ do: 'warn', message: `the display cannot do this: ${asked.command.name}` }],
    rest({ dialect, state: { ...state, pending }, atMs }),
  );
}

/** The next question after the pause that the display wants, or the end of the round. */
function goOn<Frame, Facts>(talk: Talk<Frame, Facts>): Verdict<Facts> {
  const { dialect, state } = talk;
  if (state.queue.length === 0) return endRound(talk);
  if (dialect.gapMs === 0) return askNext(talk);
  return { next: { ...state, phase: 'pausing' }, actions: [{ do: 'wait', forMs: dialect.gapMs }] };
}

function endRound<Frame, Facts>({ dialect, state, atMs }: Talk<Frame, Facts>): Verdict<Facts> {
  const display = dialect.stateOf(state.facts);
  const told = tell(display, state, atMs);
  let { came, pending } = state;
  for (const wish of wishList(state.wanted)) {
    if (came[wish.aspect] !== undefined || !holds(dialect, wish, display)) continue;
    came = { ...came, [wish.aspect]: wish.value };
    pending = without(pending, wish.aspect);
  }
  const actions = [...told.actions];
  let next = { ...told.next, came, pending };
  for (const wish of possible(pending, display)) {
    const given = next.given[wish.aspect];
    if (given !== undefined && atMs - given.atMs < commandAgainMs) continue;
    const command = (given?.count ?? 0) < commandTries ? dialect.change(wish, state.facts) : undefined;
    if (command === undefined) {
      actions.push({ do: 'warn', message: `the display did not do this, or cannot: ${wish.aspect}` });
      next = { ...next, pending: without(next.pending, wish.aspect) };
      continue;
    }
    const count = (given?.count ?? 0) + 1;
    const queue = [{ command, change: wish }];
    return withFirst(actions, goOn({ dialect, state: { ...next, given: { ...next.given, [wish.aspect]: { atMs, count } }, queue }, atMs }));
  }
  return withFirst(actions, rest({ dialect, state: next, atMs }));
}

/** All questions when their time has come; otherwise, while wishes are under way, just what shows whether they came true. */
function nextRound<Frame, Facts>(talk: Talk<Frame, Facts>): Verdict<Facts> {
  const { dialect, state, atMs } = talk;
  if (atMs < state.quietUntilMs) return rest(talk);
  const wholeRound = atMs - state.roundAtMs >= state.pollEveryMs || !restless(dialect, state);
  const confirm = aspects.flatMap((aspect) => {
    const command = aspect === 'power' || state.pending[aspect] === undefined ? undefined : dialect.confirm(aspect);
    return command === undefined || state.unknown.includes(command.name) ? [] : [{ command }];
  });
  const next = {
    ...state,
    wholeRound,
    facts: wholeRound ? (dialect.startRound?.(state.facts) ?? state.facts) : state.facts,
    queue: [{ command: dialect.power }, ...(wholeRound ? [] : confirm)],
    roundAtMs: wholeRound ? atMs : state.roundAtMs,
  };
  return askNext({ dialect, state: next, atMs });
}

function rest<Frame, Facts>({ dialect, state, atMs }: Talk<Frame, Facts>): Verdict<Facts> {
  const untilRoundMs = Math.max(0, state.roundAtMs + state.pollEveryMs - atMs);
  const forMs = restless(dialect, state) ? Math.min(untilRoundMs, confirmEveryMs) : untilRoundMs;
  const next: Conversation<Facts> = { ...state, phase: 'resting', queue: [] };
  return { next, actions: [{ do: 'wait', forMs: Math.max(forMs, state.quietUntilMs - atMs, dialect.gapMs) }] };
}

function askNext<Frame, Facts>({ dialect, state }: Talk<Frame, Facts>, prefix: Uint8Array = nothing): Verdict<Facts> {
  const [step, ...queue] = state.queue;
  if (step === undefined) return { next: state, actions: [] };
  const next: Conversation<Facts> = { ...state, phase: 'asking', asked: { ...step, tries: 1 }, queue };
  return {
    next,
    actions: [
      { do: 'wait', forMs: patience(dialect, next) },
      { do: 'send', bytes: Uint8Array.of(...prefix, ...step.command.bytes) },
    ],
  };
}

/** Until it has answered once, all tries together take no longer than one answer may. */
function patience<Frame, Facts>({ replyMs, retries }: Dialect<Frame, Facts>, { ready }: Conversation<Facts>): number {
  return ready ? replyMs : replyMs / (retries + 1);
}

function tell<Facts>(display: DisplayState, state: Conversation<Facts>, atMs: number): Verdict<Facts> {
  if (state.told !== undefined && atMs - state.told.atMs < tellAgainMs && isDeepStrictEqual(state.told.state, display))
    return { next: state, actions: [] };
  return { next: { ...state, told: { state: display, atMs } }, actions: [{ do: 'tell', state: display }] };
}

function restless<Frame, Facts>(dialect: Dialect<Frame, Facts>, { pending, facts }: Conversation<Facts>): boolean {
  return pending.power !== undefined || (Object.keys(pending).length > 0 && dialect.stateOf(facts).power === 'on');
}

/** What can be changed now: the power where it rests in the other state, the rest only on a display that is on. */
function possible(pending: Wishes, { power }: DisplayState): Wish[] {
  const wishes = wishList(pending);
  const switching = wishes.filter(({ aspect }) => aspect === 'power');
  if (switching.length > 0) return power === 'on' || power === 'off' ? switching : [];
  return power === 'on' ? wishes : [];
}

function wishList(wishes: Wishes): Wish[] {
  return aspects.flatMap((aspect) => (wishes[aspect] === undefined ? [] : [{ aspect, value: wishes[aspect] } as Wish]));
}

function only(wishes: Wishes, kept: (aspect: Aspect) => boolean): Wishes {
  return Object.fromEntries(Object.entries(wishes).filter(([aspect]) => kept(aspect as Aspect)));
}

function holds<Frame, Facts>(dialect: Dialect<Frame, Facts>, wish: Wish, display: DisplayState): boolean {
  return dialect.holds?.(wish, display) ?? display[wish.aspect] === wish.value;
}

function taken<Facts>(state: Conversation<Facts>, step: Step, atMs: number): Conversation<Facts> {
  const switching = step.change?.aspect === 'power' ? { to: step.change.value, atMs } : state.switching;
  return quiet({ ...state, switching }, step, atMs);
}

function quiet<Facts>(state: Conversation<Facts>, { command }: Step, atMs: number): Conversation<Facts> {
  return { ...state, quietUntilMs: atMs + (command.settleMs ?? 0) };
}

function noted(note: Note | undefined): Action[] {
  return note === undefined ? [] : [{ do: 'note', ...note }];
}

function failure({ code, message }: Failure): Action {
  return { do: 'fail', code, message };
}

function withFirst<Facts>(first: readonly Action[], { next, actions }: Verdict<Facts>): Verdict<Facts> {
  return { next, actions: [...first, ...actions] };
}

function without<Thing extends object>(thing: Thing, key: keyof Thing): Thing {
  const { [key]: _gone, ...others } = thing;
  return others as Thing;
}
