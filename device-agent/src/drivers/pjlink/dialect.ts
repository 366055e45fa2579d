/** PJLink as the shared conversation with displays needs it: greeting and password, questions by class, wishes. */
import type { Answer, Command, Dialect, Greeting, Wish } from '../display-dialect.ts';
import { encode, type Line, type Command as PjlinkCommand, type Query, secureGreeting } from './codec.ts';
import { classOf, displayOf, type Facts, learn, noFacts } from './display-facts.ts';

/** `undefined` of `password`: none is configured. Proofs are made outside, from the projector's random number. */
export type Password = { md5(random: string): string; sha256(random: string): string } | undefined;
/** `old`: this device did not take up SHA-256 before. */
export type Authentication = 'auto' | 'sha256' | 'md5' | 'old';

/** What the driver remembers of a device from one connection to the next. */
export const authenticationNote = 'authentication';

const ascii = new TextEncoder();
const wantsPassword = 'the projector wants a password; set the one from its PJLink menu.';
const refusedPassword = 'the projector refused the password; set the one from its PJLink menu.';
const noSha256 = 'the projector does not offer SHA-256 (PJLink 2.10); update it or choose the automatic procedure.';

const command = (asked: PjlinkCommand): Command => ({ name: asked.query, bytes: ascii.encode(encode(asked)) });
const question = (query: Query, written: 1 | 2 = 1): Command => command({ class: written, query, parameter: '?' });

export function pjlinkDialect({ password, authentication }: { password: Password; authentication: Authentication }): Dialect<Line, Facts> {
  return {
    noFacts,
    // the specifications give the projector two seconds; over TCP nothing is lost on the way, so that asking twice helps nobody
    replyMs: 2_000,
    retries: 0,
    gapMs: 0,
    noAnswer: "check the projector's network cable and that its network stays on in standby.",
    noGreeting: 'the device does not greet as PJLink does; switch on PJLink (network control, standby network) in its menu.',
    greet: (facts, line) => greet(facts, line, { password, authentication }),
    power: question('POWR'),
    questions(facts, { first }) {
      const two = classOf(facts) === 2;
      return [
        ...(first ? [question('CLSS')] : []),
        question('INPT', two ? 2 : 1),
        ...(['AVMT', 'ERST', 'LAMP'] as const).map((query) => question(query)),
        ...(two ? (['FILT', 'FREZ', 'IRES'] as const).map((query) => question(query, 2)) : []),
        ...(first ? (['NAME', 'INF1', 'INF2'] as const).map((query) => question(query)) : []),
      ];
    },
    startRound: (facts) => ({ ...facts, failing: false }),
    confirm: (aspect) => (aspect === 'volumePct' ? undefined : question(aspect === 'input' ? 'INPT' : 'AVMT')),
    change,
    hear,
    stateOf: displayOf,
  };
}

function greet(
  facts: Facts,
  line: Line | undefined,
  { password, authentication }: { password: Password; authentication: Authentication },
): Greeting<Facts> | undefined {
  const { challenge } = facts;
  if (challenge === undefined) {
    if (line?.kind !== 'greeting') return undefined;
    if (line.random === undefined) return { do: 'begin', prefix: new Uint8Array(), facts };
    if (password === undefined) return { do: 'fail', code: 'DRIVER_AUTH_FAILED', message: wantsPassword };
    if (authentication === 'md5' || authentication === 'old')
      return { do: 'begin', prefix: ascii.encode(password.md5(line.random)), facts };
    // noted before the answer: a device that hangs up on it is met with MD5 next time
    const note = { key: authenticationNote, value: 'old' };
    return { do: 'send', bytes: ascii.encode(secureGreeting), facts: { ...facts, challenge: line.random }, note };
  }
  if (line?.kind === 'secure-greeting')
    return { do: 'begin', prefix: ascii.encode(password!.sha256(line.random)), facts, note: { key: authenticationNote, value: 'sha256' } };
  // an older device takes the question for a wrong proof, or is silent: specifications 5.1, step 5
  if (line !== undefined && line.kind !== 'password-refused') return undefined;
  if (authentication === 'sha256') return { do: 'fail', code: 'DRIVER_AUTH_FAILED', message: noSha256 };
  return { do: 'begin', prefix: ascii.encode(password!.md5(challenge)), facts };
}

function change(wish: Wish, facts: Facts): Command | undefined {
  switch (wish.aspect) {
    case 'power':
      return command({ class: 1, query: 'POWR', parameter: wish.value === 'on' ? '1' : '0' });
    case 'input':
      return command({ class: classOf(facts), query: 'INPT', parameter: wish.value });
    case 'muted':
      return command({ class: 1, query: 'AVMT', parameter: wish.value ? '31' : '30' });
    case 'volumePct':
      return undefined;
    default:
      return wish satisfies never;
  }
}

function hear(asked: Command, line: Line, facts: Facts): Answer<Facts> | undefined {
  if (line.kind === 'password-refused') return { is: 'failure', code: 'DRIVER_AUTH_FAILED', message: refusedPassword };
  if (line.kind !== 'reply' || line.query !== asked.name) return undefined;
  const { query, value } = line;
  if (value === 'ERRA') return { is: 'failure', code: 'DRIVER_AUTH_FAILED', message: refusedPassword };
  if (!isQuestion(asked)) {
    if (value === 'ERR1' || value === 'ERR2') return { is: 'unknown', facts };
    return { is: value === 'OK' ? 'done' : 'later', facts };
  }
  const next = learn(facts, query, value);
  if (value === 'ERR1') return { is: 'unknown', facts: next };
  return { is: 'done', facts: next, followUp: followUps(query, next) };
}

/** Class 2: what it is, once; and what people called the input that is shown. */
function followUps(query: Query, facts: Facts): Command[] {
  if (classOf(facts) !== 2) return [];
  const { INPT, INNM } = facts.answers;
  if (query === 'CLSS') return (['SNUM', 'SVER', 'FILT', 'FREZ', 'IRES'] as const).map((one) => question(one, 2));
  if (query === 'INPT' && INPT !== undefined && INNM === undefined) return [command({ class: 2, query: 'INNM', parameter: `?${INPT}` })];
  return [];
}

const isQuestion = ({ bytes }: Command): boolean => bytes.includes('?'.charCodeAt(0));
