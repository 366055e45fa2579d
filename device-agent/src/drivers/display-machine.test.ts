import type { DisplayState } from '@tramhoc/protocol/asset';
import { expect, test } from 'vitest';
import type { Action, Command, Conversation, Dialect, Wishes } from './display-dialect.ts';
import { begin, commandAgainMs, commandTries, confirmEveryMs, converse, deafMs, silentRounds } from './display-machine.ts';

/** A display of letters: a question is a name, an answer `name=value`. */
type Facts = Partial<DisplayState>;
const command = (name: string, settleMs = 0): Command => ({ name, bytes: new TextEncoder().encode(name), settleMs });
const dialect: Dialect<string, Facts> = {
  noFacts: {},
  replyMs: 2_000,
  retries: 1,
  gapMs: 0,
  noAnswer: 'check the cable.',
  power: command('power'),
  questions: ({ power }, { first }) => [
    ...(power === 'on' ? [command('input'), command('hours')] : []),
    ...(first ? [command('model')] : []),
  ],
  confirm: (aspect) => command(aspect),
  change: ({ aspect, value }) => (aspect === 'volumePct' ? undefined : command(`${aspect}:=${value}`, aspect === 'power' ? 15_000 : 0)),
  hear({ name }, frame, facts) {
    const [key = '', value = ''] = frame.split('=');
    if (name.includes(':=')) return { is: value as 'done', facts };
    if (key !== name) return undefined;
    return value === 'unknown' ? { is: 'unknown', facts } : { is: 'done', facts: { ...facts, [key]: value } };
  },
  overhear: (frame, facts) => (frame.startsWith('#') ? { ...facts, power: frame.slice(1) as 'on' } : undefined),
  stateOf: (facts) => ({ power: 'unknown', faults: [], ...facts }),
};

/** A conversation in which time passes; `answers` says what the display says to each command, undefined is silence. */
function talk(answers: (sent: string, atMs: number) => string | undefined, wishes: Wishes = {}, came: Wishes = {}) {
  let nowMs = 0;
  let wakeMs = 0;
  let state: Conversation<Facts>;
  const sent: { text: string; atMs: number }[] = [];
  const told: DisplayState[] = [];
  const said: string[] = [];
  let failed: string | undefined;
  const perform = (actions: readonly Action[]): void => {
    for (const action of actions) {
      if (action.do === 'wait') wakeMs = nowMs + action.forMs;
      if (action.do === 'tell') told.push(action.state);
      if (action.do === 'warn') said.push(action.message);
      if (action.do === 'fail') failed = action.code;
      if (action.do !== 'send') continue;
      const text = new TextDecoder().decode(action.bytes);
      sent.push({ text, atMs: nowMs });
      const answer = answers(text, nowMs);
      if (answer !== undefined) hear(answer);
    }
  };
  const hear = (frame: string): void => {
    const verdict = converse(dialect, state, { type: 'frame', frame, atMs: nowMs });
    state = verdict.next;
    perform(verdict.actions);
  };
  const first = begin(dialect, { wishes, came, pollEveryMs: 20_000, atMs: 0 });
  state = first.next;
  perform(first.actions);
  return {
    sent,
    told,
    said,
    hear,
    failed: () => failed,
    came: () => state.came,
    texts: () => sent.map(({ text }) => text),
    configure(next: Wishes) {
      const verdict = converse(dialect, state, { type: 'configure', wishes: next, pollEveryMs: 20_000, atMs: nowMs });
      state = verdict.next;
      perform(verdict.actions);
    },
    goes() {
      state = converse(dialect, state, { type: 'gone', atMs: nowMs }).next;
    },
    pass(ms: number) {
      const untilMs = nowMs + ms;
      while (wakeMs <= untilMs && failed === undefined) {
        nowMs = wakeMs;
        wakeMs = Number.POSITIVE_INFINITY;
        const verdict = converse(dialect, state, { type: 'timer', atMs: nowMs });
        state = verdict.next;
        perform(verdict.actions);
      }
      nowMs = untilMs;
    },
  };
}

/** A display that does what it is told at once. */
function obedient(start: { power: string; input?: string } = { power: 'on' }) {
  const device: Record<string, string> = { input: 'A', hours: '7', model: 'M', muted: 'false', ...start };
  return (sent: string): string | undefined => {
    const [key = '', value] = sent.split(':=');
    if (value === undefined) return `${key}=${device[key]}`;
    device[key] = value;
    return `${key}=done`;
  };
}

test('what never changes is asked once, the rest every round, and in standby only the power', () => {
  const { texts, pass, told } = talk(obedient());
  pass(20_000);
  expect(texts()).toEqual(['power', 'input', 'hours', 'model', 'power', 'input', 'hours']);
  expect(told).toEqual([{ power: 'on', faults: [], input: 'A', hours: '7', model: 'M' }]);
  const asleep = talk(obedient({ power: 'off' }));
  asleep.pass(20_000);
  expect(asleep.texts()).toEqual(['power', 'model', 'power']);
});

test('a command that is lost on the wire is given again', () => {
  let lost = true;
  const device = obedient();
  const { texts, pass, failed } = talk((sent) => {
    if (sent !== 'hours' || !lost) return device(sent);
    lost = false;
    return undefined;
  });
  pass(5_000);
  expect([texts(), failed()]).toEqual([['power', 'input', 'hours', 'hours', 'model'], undefined]);
});

test('a question that is never answered is passed over, and after three rounds not asked any more', () => {
  const device = obedient();
  const { texts, pass, failed, told } = talk((sent) => (sent === 'hours' ? undefined : device(sent)));
  pass(200_000);
  expect(texts().filter((text) => text === 'hours').length).toBe(2 * silentRounds);
  expect([failed(), told.at(-1)]).toEqual([undefined, { power: 'on', faults: [], input: 'A', model: 'M' }]);
});

test('without an answer about the power there is nobody: at first within one answer time, later after two', () => {
  const mute = talk(() => undefined);
  mute.pass(1_999);
  expect([mute.texts(), mute.failed()]).toEqual([['power', 'power'], undefined]);
  mute.pass(1);
  expect(mute.failed()).toBe('DRIVER_TIMEOUT');
  let alive = true;
  const device = obedient();
  const dies = talk((sent) => (alive ? device(sent) : undefined));
  alive = false;
  dies.pass(23_999);
  expect(dies.failed()).toBe(undefined);
  dies.pass(1);
  expect(dies.failed()).toBe('DRIVER_TIMEOUT');
});

test('wishes wait for the power, which is left alone while it settles', () => {
  const { sent, pass, said } = talk(obedient({ power: 'off' }), { power: 'on', input: 'B' });
  pass(60_000);
  const [on] = sent.filter(({ text }) => text === 'power:=on');
  const after = sent.filter(({ atMs }) => atMs > on!.atMs);
  expect(after[0]!.atMs - on!.atMs).toBe(15_000);
  expect(sent.filter(({ text }) => text === 'input:=B').length).toBe(1);
  expect(said).toEqual([]);
});

test('a wish that came true is not given again when people change it back, but is when it is wished anew', () => {
  const device = obedient();
  const { texts, pass, configure } = talk(device, { input: 'B' });
  pass(30_000);
  device('input:=A');
  pass(60_000);
  expect(texts().filter((text) => text === 'input:=B').length).toBe(1);
  configure({});
  configure({ input: 'B' });
  pass(30_000);
  expect(texts().filter((text) => text === 'input:=B').length).toBe(2);
});

test('a wish that came true in an earlier connection is not given in this one, one that changed since is', () => {
  const { texts, pass, came } = talk(obedient(), { input: 'B', power: 'off' }, { input: 'B', power: 'on' });
  expect(came()).toEqual({ input: 'B' });
  pass(30_000);
  expect(texts().filter((text) => text.includes(':='))).toEqual(['power:=off']);
});

test('a wish came true also when people did it, and when it was so from the beginning', () => {
  const device = obedient({ power: 'off' });
  const { pass, came, configure } = talk((sent) => (sent.includes(':=') ? 'power=unknown' : device(sent)), { power: 'on', input: 'A' });
  pass(1_000);
  expect(came()).toEqual({});
  device('power:=on');
  pass(30_000);
  expect(came()).toEqual({ power: 'on', input: 'A' });
  configure({ power: 'on' });
  expect(came()).toEqual({ power: 'on' });
});

test('a command without effect is given again every ten seconds, asked after in between, and given up in the end', () => {
  const device = obedient();
  const { sent, pass, said } = talk((sent) => (sent.includes(':=') ? 'input=done' : device(sent)), { input: 'B' });
  pass(100_000);
  const given = sent.filter(({ text }) => text === 'input:=B').map(({ atMs }) => atMs);
  expect(given.length).toBeGreaterThanOrEqual(8);
  for (const [at, atMs] of given.entries()) if (at > 0) expect(atMs - given[at - 1]!).toBeGreaterThanOrEqual(commandAgainMs);
  const asked = sent.filter(({ text }) => text === 'input').map(({ atMs }) => atMs);
  for (const [at, atMs] of asked.entries()) if (at > 0) expect(atMs - asked[at - 1]!).toBeLessThanOrEqual(confirmEveryMs);
  pass(commandTries * commandAgainMs * 1.3);
  expect(sent.filter(({ text }) => text === 'input:=B').length).toBe(commandTries);
  expect(said).toEqual(['the display did not do this, or cannot: input']);
});

test('what a display refuses for good, or a protocol cannot say, is given up with a warning', () => {
  const device = obedient();
  const { texts, pass, said } = talk((sent) => (sent.includes(':=') ? 'input=unknown' : device(sent)), { input: 'B', volumePct: 20 });
  pass(60_000);
  expect(texts().filter((text) => text.includes(':=')).length).toBe(1);
  expect(said).toEqual(['the display cannot do this: input:=B', 'the display did not do this, or cannot: volumePct']);
});

test('an answer to a switch that is swallowed is no failure', () => {
  const device = obedient({ power: 'off' });
  const { texts, pass, failed, told } = talk(
    (sent) => {
      const answer = device(sent);
      return sent.includes(':=') ? undefined : answer;
    },
    { power: 'on' },
  );
  pass(60_000);
  expect(failed()).toBe(undefined);
  expect(told.at(-1)).toMatchObject({ power: 'on' });
  expect(texts().filter((text) => text === 'power:=on').length).toBe(2);
});

/** Takes its switch, and is deaf for a minute then. */
function deafening(power: string) {
  const device = obedient({ power });
  let deafUntilMs = 0;
  return (sent: string, atMs: number): string | undefined => {
    if (atMs < deafUntilMs) return undefined;
    if (sent.includes(':=')) deafUntilMs = atMs + 60_000;
    return device(sent);
  };
}

test.each([
  ['on', 'off', 'warming'],
  ['off', 'on', 'cooling'],
] as const)('a display that hears nothing while it switches %s is followed until it does', (wanted, before, meanwhile) => {
  const { texts, pass, failed, told } = talk(deafening(before), { power: wanted });
  pass(100_000);
  expect([failed(), [...new Set(told.map(({ power }) => power))]]).toEqual([undefined, [before, meanwhile, wanted]]);
  expect(texts().filter((text) => text.includes(':='))).toEqual([`power:=${wanted}`]);
});

test('a display that does not come back from its switch is gone', () => {
  let alive = true;
  const device = obedient({ power: 'off' });
  const { pass, failed } = talk(
    (sent) => {
      const answer = alive ? device(sent) : undefined;
      if (sent.includes(':=')) alive = false;
      return answer;
    },
    { power: 'on' },
  );
  pass(deafMs - 1);
  expect(failed()).toBe(undefined);
  pass(30_000);
  expect(failed()).toBe('DRIVER_TIMEOUT');
});

test('a question that stays unanswered while the display starts is asked again when it is up', () => {
  const device = obedient({ power: 'off' });
  const { texts, pass } = talk((sent, atMs) => (sent === 'hours' && atMs < deafMs ? undefined : device(sent)), { power: 'on' });
  pass(150_000);
  expect(texts().filter((text) => text === 'hours').length).toBeGreaterThan(2 * silentRounds);
  expect(texts().at(-1)).toBe('hours');
});

test.each([
  ['falls silent', (it: ReturnType<typeof talk>) => it.pass(200_000)],
  ['closes the connection', (it: ReturnType<typeof talk>) => it.goes()],
])('a display that took the wish to be off and %s is off', (_how, ends) => {
  let alive = true;
  const device = obedient();
  const it = talk(
    (sent) => {
      const answer = alive ? device(sent) : undefined;
      if (sent === 'power:=off') alive = false;
      return answer;
    },
    { power: 'off' },
  );
  it.pass(1_000);
  expect(it.came()).toEqual({});
  ends(it);
  expect(it.came()).toEqual({ power: 'off' });
});

test('a display that goes before it took the wish to be off gets it again', () => {
  const it = talk((sent) => (sent.includes(':=') ? 'power=later' : obedient()(sent)), { power: 'off' });
  it.pass(1_000);
  it.goes();
  expect(it.came()).toEqual({});
});

test('what a display says unasked is told at once', () => {
  const { hear, told, pass } = talk(obedient());
  pass(5_000);
  hear('#off');
  expect(told.map(({ power }) => power)).toEqual(['on', 'off']);
});
