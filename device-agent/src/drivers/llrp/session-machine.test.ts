import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { encode, type Message, messageTypes, parameter, u16 } from './codec.ts';
import { type Action, begin, converse, type Event, type Session, type Wishes } from './session-machine.ts';

const wishes: Wishes = { antennas: [0], session: 0, population: 32 };
const status = (code: number): Uint8Array => parameter(287, u16(code), u16(0));
const message = (type: number, id: number, body: Uint8Array = new Uint8Array()): Event => ({
  type: 'message',
  message: { version: 1, type, id, body },
});
const attempt = (result: number): Event =>
  message(messageTypes.readerEvent, 1, parameter(246, parameter(128, Array(8).fill(0)), parameter(256, u16(result))));
const typesOf = (actions: Action[]): number[] =>
  actions.flatMap((action) => (action.do === 'send' ? [(action.bytes[0]! & 3) * 256 + action.bytes[1]!] : []));
const dos = (actions: Action[]): string[] => actions.map((action) => action.do);

function told(events: Event[], from: Session = begin(wishes).next): { session: Session; actions: Action[] } {
  let session = from;
  const actions: Action[] = [];
  for (const event of events) {
    const step = converse(session, event);
    session = step.next;
    actions.push(...step.actions);
  }
  return { session, actions };
}

const preparation = [
  attempt(0),
  message(11, 1, status(0)),
  message(13, 2, status(0)),
  message(51, 3, status(0)),
  message(31, 4, status(0)),
  message(30, 5, status(0)),
  message(34, 6, status(0)),
];

test('a reader that lets us in is made ready in order, what others left is deleted first', () => {
  const { session, actions } = told(preparation);
  expect(typesOf(actions)).toEqual([1, 3, 41, 21, 20, 24]);
  expect([session.phase, dos(actions).filter((what) => what === 'ready')]).toEqual(['running', ['ready']]);
});

test.each([
  [1, 'connected to somebody by itself'],
  [2, 'another client is connected'],
  [3, 'another reason'],
])('a reader that refuses with result %i says why', (result, text) => {
  const { session, actions } = told([attempt(result)]);
  expect([session.phase, actions]).toEqual(['over', [{ do: 'fail', code: 'DRIVER_REFUSED', message: expect.stringContaining(text) }]]);
});

test('somebody else who tries while we are connected changes nothing', () => {
  const running = told(preparation).session;
  expect(told([attempt(4)], running).session.phase).toBe('running');
});

test('a reader without access specs, or that does not tell who it is, reads all the same; one that takes no reading spec does not', () => {
  const tolerated = [...preparation];
  tolerated[1] = message(11, 1, status(101));
  tolerated[3] = message(51, 3, status(109));
  expect(told(tolerated).session.phase).toBe('running');
  const refused = [...preparation.slice(0, 5), message(30, 5, parameter(287, u16(101), u16(4), [...Buffer.from('ant9')]))];
  expect(told(refused).actions.at(-1)).toMatchObject({
    do: 'fail',
    code: 'DRIVER_REFUSED',
    message: expect.stringMatching(/antennas.*101: ant9/),
  });
});

test('an answer to another message is not taken for the one that is awaited', () => {
  const { session } = told([attempt(0), message(11, 99, status(0)), message(13, 1, status(0))]);
  expect([session.phase, session.steps[0]]).toEqual(['preparing', 'capabilities']);
});

test('every sign of life is answered with its own id and gives the reader more time', () => {
  const { actions } = told([message(messageTypes.keepalive, 77)], told(preparation).session);
  expect(dos(actions)).toEqual(['wait', 'send']);
  const sent = actions[1] as Extract<Action, { do: 'send' }>;
  expect(sent.bytes).toEqual(encode({ version: 1, type: messageTypes.keepaliveAck, id: 77, body: new Uint8Array() }));
});

test('a silent reader is given up: while it greets, while it is made ready, and when its signs of life stop', () => {
  for (const events of [[], preparation.slice(0, 3), preparation])
    expect(told([...events, { type: 'late' }]).actions.at(-1)).toMatchObject({ do: 'fail', code: 'DRIVER_TIMEOUT' });
});

test('a reader that closes, restarts or reports an error ends the session', () => {
  const running = told(preparation).session;
  const close = message(messageTypes.readerEvent, 9, parameter(246, parameter(128, Array(8).fill(0)), parameter(257)));
  expect(told([close], running).actions.at(-1)).toMatchObject({ do: 'fail', code: 'DRIVER_PORT_LOST' });
  expect(told([message(100, 9, status(109))], running).actions.at(-1)).toMatchObject({ do: 'fail', code: 'DRIVER_REFUSED' });
  expect(told([message(100, 9)], running).actions.at(-1)).toMatchObject({ do: 'fail', message: expect.stringContaining('no sense') });
});

test('other antennas are taken into use without a new connection, the same ones change nothing', () => {
  const running = told(preparation).session;
  expect(told([{ type: 'configure', wishes: { ...wishes } }], running).actions).toEqual([]);
  const changed = told(
    [
      { type: 'configure', wishes: { ...wishes, antennas: [1, 2] } },
      message(31, 7, status(0)),
      message(30, 8, status(0)),
      message(34, 9, status(0)),
    ],
    running,
  );
  expect([typesOf(changed.actions), changed.session.phase]).toEqual([[21, 20, 24], 'running']);
  expect(dos(changed.actions)).not.toContain('ready');
});

test('tags are told whenever they come, a report that cannot be read is not the end', () => {
  const report = parameter(240, [0x8d, ...Buffer.from('3000ABCDEF00000000000005', 'hex')]);
  for (const session of [told(preparation.slice(0, 2)).session, told(preparation).session]) {
    expect(told([message(61, 1, report)], session).actions.at(-1)).toMatchObject({
      do: 'tags',
      tags: [{ uid: '3000ABCDEF00000000000005' }],
    });
    expect(told([message(61, 1, Uint8Array.of(0, 0xf0, 0, 9))], session).actions.at(-1)).toMatchObject({ do: 'warn' });
  }
});

const anyMessage: fc.Arbitrary<Message> = fc.record({
  version: fc.constantFrom(1, 2),
  type: fc.constantFrom(4, 11, 13, 30, 31, 34, 51, 61, 62, 63, 100, 1023),
  id: fc.integer({ min: 0, max: 9 }),
  body: fc.oneof(
    fc.constant(status(0)),
    fc.constant(status(101)),
    fc.uint8Array({ maxLength: 40 }).map((bytes) => Uint8Array.from(bytes)),
  ),
});
const anyEvent: fc.Arbitrary<Event> = fc.oneof(
  { weight: 8, arbitrary: anyMessage.map((sent): Event => ({ type: 'message', message: sent })) },
  { weight: 3, arbitrary: fc.constantFrom(...preparation) },
  { weight: 1, arbitrary: fc.constant<Event>({ type: 'late' }) },
  { weight: 1, arbitrary: fc.constantFrom<Event>({ type: 'configure', wishes }, { type: 'configure', wishes: { ...wishes, session: 2 } }) },
);

test('law: whatever comes in whatever order, it ends at most once, is ready at most once, and always waits for something while it lives', () => {
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 40 }), (events) => {
      const started = begin(wishes);
      let session = started.next;
      let waiting = started.actions.some((action) => action.do === 'wait');
      const all: Action[] = [];
      for (const event of events) {
        if (event.type === 'late') waiting = false;
        const wasOver = session.phase === 'over';
        const { next, actions } = converse(session, event);
        if (wasOver) expect(actions).toEqual([]);
        expect(dos(actions).slice(0, -1)).not.toContain('send');
        if (actions.some((action) => action.do === 'wait')) waiting = true;
        session = next;
        all.push(...actions);
        if (session.phase !== 'over') expect(waiting).toBe(true);
      }
      expect(dos(all).filter((what) => what === 'fail').length).toBe(session.phase === 'over' ? 1 : 0);
      expect(dos(all).filter((what) => what === 'ready').length).toBeLessThanOrEqual(1);
    }),
  );
});
