/** What the shared conversation with displays (display-machine.ts) needs to know of a protocol, and the shapes of that conversation. */
import type { DisplayState } from '@tramhoc/protocol/asset';
import type { ErrorCode } from '@tramhoc/protocol/errors';

/** What people want of a display. A wish that came true is done until it changes, so that a hand on the remote control is not fought. */
export type Wishes = { power?: 'on' | 'off'; input?: string; volumePct?: number; muted?: boolean };
export type Aspect = keyof Wishes;
export type Wish =
  | { aspect: 'power'; value: 'on' | 'off' }
  | { aspect: 'input'; value: string }
  | { aspect: 'volumePct'; value: number }
  | { aspect: 'muted'; value: boolean };

/** `name` is what messages call it, and what tells questions apart. `settleMs`: the display wants to be left alone after it. */
export type Command = { name: string; bytes: Uint8Array; settleMs?: number };
export type Step = { command: Command; change?: Wish };
export type Failure = { code: ErrorCode; message: string };

export type Answer<Facts> =
  /** `followUp`: questions that this answer raises, asked next. */
  | { is: 'done'; facts: Facts; followUp?: readonly Command[] }
  /** More of this answer follows. */
  | { is: 'part'; facts: Facts }
  /** Not possible in its present state. */
  | { is: 'later'; facts: Facts }
  /** This display does not know the command: a question is not asked again, a wish is given up. */
  | { is: 'unknown'; facts: Facts }
  | ({ is: 'failure' } & Failure);

/** For the next connection with the same device. */
export type Note = { key: string; value: string };

export type Greeting<Facts> =
  | { do: 'send'; bytes: Uint8Array; facts: Facts; note?: Note }
  /** Questions may begin; `prefix` goes in front of the first one. */
  | { do: 'begin'; prefix: Uint8Array; facts: Facts; note?: Note }
  | ({ do: 'fail' } & Failure);

/** All functions are pure. Facts are whatever the protocol has to remember of what it heard. */
export type Dialect<Frame, Facts> = {
  noFacts: Facts;
  /** An answer later than this is none. */
  replyMs: number;
  /** How often a command is given again when nothing comes. 0: silence is the end. */
  retries: number;
  /** Pause between an answer and the next command. */
  gapMs: number;
  /** What to do when nothing answers, for people; `noGreeting` where the device speaks first. */
  noAnswer: string;
  noGreeting?: string;
  /** Before the first question, of a device that speaks first. `frame` undefined: nothing came. undefined: go on waiting. */
  greet?(facts: Facts, frame: Frame | undefined): Greeting<Facts> | undefined;
  /** The first question of every round. */
  power: Command;
  /** The others, when the power is known. `first`: with what never changes. */
  questions(facts: Facts, options: { first: boolean }): readonly Command[];
  startRound?(facts: Facts): Facts;
  /** The question that shows whether a wish came true. */
  confirm(aspect: Exclude<Aspect, 'power'>): Command | undefined;
  /** undefined: this protocol cannot. */
  change(wish: Wish, facts: Facts): Command | undefined;
  /** undefined: `frame` is no answer to `command`. */
  hear(command: Command, frame: Frame, facts: Facts): Answer<Facts> | undefined;
  /** What the device says unasked; undefined when that is nothing. */
  overhear?(frame: Frame, facts: Facts): Facts | undefined;
  stateOf(facts: Facts): DisplayState;
  /** Where equal values are written in two ways. */
  holds?(wish: Wish, state: DisplayState): boolean | undefined;
};

export type Conversation<Facts> = {
  phase: 'greeting' | 'asking' | 'pausing' | 'resting';
  /** Sent, not answered. */
  asked: (Step & { tries: number }) | undefined;
  queue: readonly Step[];
  wholeRound: boolean;
  /** It has answered once. */
  ready: boolean;
  facts: Facts;
  /** Names of questions that this display does not know. */
  unknown: readonly string[];
  /** Rounds in which a question stayed unanswered. */
  silences: Readonly<Record<string, number>>;
  /** As configured. */
  wanted: Wishes;
  /** Those of them that came true once. */
  came: Wishes;
  /** Not true yet, and not given up. */
  pending: Wishes;
  given: Partial<Record<Aspect, { atMs: number; count: number }>>;
  /** The last switch that the display took or swallowed. */
  switching: { to: 'on' | 'off'; atMs: number } | undefined;
  pollEveryMs: number;
  roundAtMs: number;
  quietUntilMs: number;
  told: { state: DisplayState; atMs: number } | undefined;
};
export type Event<Frame> =
  | { type: 'frame'; frame: Frame; atMs: number }
  /** The timer of the last `wait` fired. */
  | { type: 'timer'; atMs: number }
  | { type: 'gone'; atMs: number }
  | { type: 'configure'; wishes: Wishes; pollEveryMs: number; atMs: number };
export type Action =
  /** Always the last: the answer may come before it returns. */
  | { do: 'send'; bytes: Uint8Array }
  /** Replaces the one timer. */
  | { do: 'wait'; forMs: number }
  /** The beginning of a frame that was kept back will not be finished any more. */
  | { do: 'drop-partial' }
  /** The display talks with us: `open` may return. */
  | { do: 'ready' }
  | { do: 'tell'; state: DisplayState }
  | ({ do: 'note' } & Note)
  | { do: 'warn'; message: string }
  | ({ do: 'fail' } & Failure);
export type Verdict<Facts> = { next: Conversation<Facts>; actions: readonly Action[] };
