/**
 * The conversation with an LLRP reader: it lets us in, is made ready, and reports tags until it goes. What an earlier client left behind is deleted
 * first. Every message shows that it lives; it says so itself every ten seconds.
 */
import type { ItemTag } from '@tramhoc/protocol/library';
import {
  addRoSpec,
  deleteAccessSpecs,
  deleteRoSpecs,
  enableRoSpec,
  getCapabilities,
  keepaliveAck,
  setKeepalive,
} from './client-messages.ts';
import { generalCapabilities, type Message, messageTypes, readerEvent, reportedTags, statusOf } from './codec.ts';

export type Wishes = { antennas: readonly number[]; session: 0 | 1 | 2 | 3; population: number };

type StepName = 'capabilities' | 'keepalive' | 'access-specs' | 'ro-specs' | 'add' | 'enable';

export type Session = {
  phase: 'greeting' | 'preparing' | 'running' | 'over';
  wishes: Wishes;
  steps: readonly StepName[];
  /** Id of the message whose answer is awaited; ids only grow. */
  lastId: number;
  /** It has been running: later preparations are changes of config. */
  opened: boolean;
};

export type Event =
  | { type: 'message'; message: Message }
  /** The time that was asked for with `wait` is over. */
  | { type: 'late' }
  | { type: 'configure'; wishes: Wishes };

/** To be carried out in this order; what is sent comes last, since its answer may be there before the next line is reached. */
export type Action =
  | { do: 'send'; bytes: Uint8Array }
  /** Instead of any wait before. */
  | { do: 'wait'; forMs: number }
  | { do: 'ready' }
  | { do: 'tags'; tags: ItemTag[] }
  | { do: 'identity'; maker: number; model: number; firmware: string }
  | { do: 'warn'; message: string }
  | { do: 'fail'; code: 'DRIVER_TIMEOUT' | 'DRIVER_REFUSED' | 'DRIVER_PORT_LOST'; message: string };

type Step = { next: Session; actions: Action[] };

/** The reader speaks first, at once: below the 2 s of opening. */
const greetingMs = 1_900;
/** Readers restart their radio for some of these; a busy one takes a second. */
const answerMs = 3_000;
export const keepaliveMs = 10_000;
/** Two of its signs of life did not come. */
const silenceMs = 25_000;
const roSpecId = 1;

const preparation: readonly StepName[] = ['capabilities', 'keepalive', 'access-specs', 'ro-specs', 'add', 'enable'];
const renewal: readonly StepName[] = ['ro-specs', 'add', 'enable'];

const answers: Readonly<Record<StepName, number>> = {
  capabilities: messageTypes.getCapabilitiesResponse,
  keepalive: messageTypes.setConfigResponse,
  'access-specs': messageTypes.deleteAccessSpecResponse,
  'ro-specs': messageTypes.deleteRoSpecResponse,
  add: messageTypes.addRoSpecResponse,
  enable: messageTypes.enableRoSpecResponse,
};
/** Readers that have no access specs, or do not tell who they are, read tags all the same. */
const mayFail: ReadonlySet<StepName> = new Set<StepName>(['capabilities', 'access-specs']);

export function begin(wishes: Wishes): Step {
  const next: Session = { phase: 'greeting', wishes, steps: [], lastId: 0, opened: false };
  return { next, actions: [{ do: 'wait', forMs: greetingMs }] };
}

export function converse(session: Session, event: Event): Step {
  if (session.phase === 'over') return { next: session, actions: [] };
  switch (event.type) {
    case 'message':
      return hear(session, event.message);
    case 'late':
      return over(session, 'DRIVER_TIMEOUT', lateMessage(session));
    case 'configure': {
      const next = { ...session, wishes: event.wishes };
      if (session.phase === 'greeting' || sameWishes(session.wishes, event.wishes)) return { next, actions: [] };
      return prepare(next, session.phase === 'running' ? renewal : preparation);
    }
    default:
      return event satisfies never;
  }
}

function hear(session: Session, message: Message): Step {
  const alive: Action[] = session.phase === 'running' ? [{ do: 'wait', forMs: silenceMs }] : [];
  switch (message.type) {
    case messageTypes.keepalive:
      return { next: session, actions: [...alive, { do: 'send', bytes: keepaliveAck(message.id) }] };
    case messageTypes.roAccessReport: {
      const tags = reportedTags(message.body);
      const told: Action = tags === undefined ? { do: 'warn', message: 'a tag report could not be read' } : { do: 'tags', tags };
      return { next: session, actions: [...alive, told] };
    }
    case messageTypes.readerEvent:
      return hearEvent(session, message, alive);
    case messageTypes.error:
      return over(session, 'DRIVER_REFUSED', refusal('a message', statusOf(message.body)));
    default:
      return hearAnswer(session, message, alive);
  }
}

function hearEvent(session: Session, message: Message, alive: Action[]): Step {
  const event = readerEvent(message.body);
  if (event === undefined)
    return { next: session, actions: [...alive, { do: 'warn', message: 'an event of the reader could not be read' }] };
  if (event.event === 'closed')
    return over(session, 'DRIVER_PORT_LOST', 'the reader closed the connection; when it has restarted, see that LLRP is on in its menu.');
  if (event.event === 'other' || (session.phase !== 'greeting' && event.result === 4)) return { next: session, actions: alive };
  if (event.result !== 0)
    return over(
      session,
      'DRIVER_REFUSED',
      `the reader lets nobody in (${attemptResults[event.result] ?? event.result}); close the other program that uses it.`,
    );
  return session.phase === 'greeting' ? prepare(session, preparation) : { next: session, actions: alive };
}

const attemptResults: Readonly<Record<number, string>> = {
  1: 'it is connected to somebody by itself',
  2: 'another client is connected',
  3: 'for another reason',
  4: 'another client tries to connect',
};

function hearAnswer(session: Session, message: Message, alive: Action[]): Step {
  const [step, ...left] = session.steps;
  if (session.phase !== 'preparing' || step === undefined || message.id !== session.lastId || message.type !== answers[step])
    return { next: session, actions: alive };
  const status = statusOf(message.body);
  if ((status === undefined || status.code !== 0) && !mayFail.has(step))
    return over(session, 'DRIVER_REFUSED', refusal(stepTexts[step], status));
  const identity = step === 'capabilities' ? generalCapabilities(message.body) : undefined;
  const actions: Action[] = identity === undefined ? [] : [{ do: 'identity', ...identity }];
  if (left.length > 0) {
    const asked = prepare(session, left);
    return { next: asked.next, actions: [...actions, ...asked.actions] };
  }
  const next: Session = { ...session, phase: 'running', steps: [], opened: true };
  return { next, actions: [...actions, { do: 'wait', forMs: silenceMs }, ...(session.opened ? [] : [{ do: 'ready' } as const])] };
}

const stepTexts: Readonly<Record<StepName, string>> = {
  capabilities: 'to tell what it can',
  keepalive: 'to send signs of life',
  'access-specs': 'to forget access specs',
  'ro-specs': 'to forget reading specs',
  add: 'the reading spec; check the antennas in the config',
  enable: 'to start reading; check its region and antennas in its own menu',
};

function prepare(session: Session, steps: readonly StepName[]): Step {
  const id = session.lastId + 1;
  const bytes = request(steps[0]!, id, session.wishes);
  return {
    next: { ...session, phase: 'preparing', steps, lastId: id },
    actions: [
      { do: 'wait', forMs: answerMs },
      { do: 'send', bytes },
    ],
  };
}

function request(step: StepName, id: number, { antennas, session, population }: Wishes): Uint8Array {
  switch (step) {
    case 'capabilities':
      return getCapabilities(id, 1);
    case 'keepalive':
      return setKeepalive(id, keepaliveMs);
    case 'access-specs':
      return deleteAccessSpecs(id);
    case 'ro-specs':
      return deleteRoSpecs(id);
    case 'add':
      // one report a tag, with antenna and signal
      return addRoSpec(id, { roSpecId, antennas, session, population, durationMs: 0, reportEvery: 1, content: 0x1400 });
    case 'enable':
      return enableRoSpec(id, roSpecId);
    default:
      return step satisfies never;
  }
}

function refusal(what: string, status: { code: number; description: string } | undefined): string {
  if (status === undefined) return `the reader's answer (${what}) makes no sense; look at its firmware version, then report it.`;
  const says = status.description === '' ? '' : `: ${status.description}`;
  return `the reader refused ${what} (status ${status.code}${says})${what.includes(';') ? '' : '; restart the reader'}.`;
}

function lateMessage({ phase, steps }: Session): string {
  if (phase === 'greeting') return 'there is no LLRP reader, or it is just starting; check the address, and that LLRP is on in its menu.';
  if (phase === 'preparing') return `no answer when asked ${stepTexts[steps[0]!]}; restart the reader.`;
  return 'the reader is silent although it should say every ten seconds that it lives; check its network cable and power.';
}

function over(session: Session, code: 'DRIVER_TIMEOUT' | 'DRIVER_REFUSED' | 'DRIVER_PORT_LOST', message: string): Step {
  return { next: { ...session, phase: 'over' }, actions: [{ do: 'fail', code, message }] };
}

function sameWishes(one: Wishes, other: Wishes): boolean {
  return one.session === other.session && one.population === other.population && one.antennas.join() === other.antennas.join();
}
