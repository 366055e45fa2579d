import fc from 'fast-check';
import { expect, test } from 'vitest';
import { displayRoom, expectCuttingLaw, expectDamageLaw, expectNoiseLaw } from '../../testing/display-room.ts';
import { decode, encode, maxFrameBytes } from './codec.ts';
import { necDialect, necSerial } from './driver.ts';
import { necSerialSimulator } from './simulator.ts';

const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex.replaceAll(' ', ''), 'hex'));

/** The first is from PlaceOS, the others from NEC P702 page 32; see README.md, Frame. */
test.each([
  [{ type: 'A', monitorId: 'all', message: '01D6' }, '01302a304130360230314436031f0d'],
  [{ type: 'A', monitorId: 1, message: 'C203D60001' }, '01 30 41 30 41 30 43 02 43 32 30 33 44 36 30 30 30 31 03 73 0d'],
  [{ type: 'A', monitorId: 1, message: 'C203D60004' }, '01 30 41 30 41 30 43 02 43 32 30 33 44 36 30 30 30 34 03 76 0d'],
  [{ type: 'E', monitorId: 1, message: '00600011' }, '01 30 41 30 45 30 41 02 30 30 36 30 30 30 31 31 03 72 0d'],
  [{ type: 'E', monitorId: 1, message: '008D0001' }, '01 30 41 30 45 30 41 02 30 30 38 44 30 30 30 31 03 09 0d'],
  [{ type: 'E', monitorId: 1, message: '008D0002' }, '01 30 41 30 45 30 41 02 30 30 38 44 30 30 30 32 03 0a 0d'],
] as const)('%o is sent as %s', (command, hex) => {
  expect(encode(command)).toEqual(bytes(hex));
});

/** A frame as a monitor sends it. */
const framed = (type: string, message: string, monitor = 'A'): Uint8Array => {
  const length = (message.length + 2).toString(16).toUpperCase().padStart(2, '0');
  const body = Buffer.from(`00${monitor}${type}${length}\x02${message}\x03`, 'latin1');
  return Uint8Array.of(
    1,
    ...body,
    body.reduce((code, byte) => code ^ byte, 0),
    0x0d,
  );
};

test('an answer is read; one with a wrong check code is not', () => {
  const answer = framed('B', '0200D60000040001');
  expect(decode(answer)).toEqual({
    frames: [{ monitorId: 1, type: 'B', message: '0200D60000040001' }],
    rest: new Uint8Array(),
    skippedBytes: 0,
  });
  answer[answer.length - 2]! ^= 1;
  expect(decode(answer)).toMatchObject({ frames: [], skippedBytes: answer.length });
});

const frame = fc
  .tuple(
    fc.constantFrom('B', 'D', 'F'),
    fc.string({ unit: fc.constantFrom(...'0123456789ABCDEF'), minLength: 2, maxLength: 40 }),
    fc.integer({ min: 1, max: 100 }),
  )
  .map(([type, message, id]) => framed(type, message, String.fromCharCode(0x40 + id)));

test('any cutting of the bytes gives the same frames', () => expectCuttingLaw(decode, { frame, maxFrameBytes }));
test('one damaged byte costs at most two neighbouring frames', () => expectDamageLaw(decode, { frame, lost: 2 }));
test('a flood of noise is skipped', () => expectNoiseLaw(decode, { noise: bytes('01 30 30 41 42 34 30 02 30'), maxFrameBytes }));

const dialect = necDialect({ monitorId: 1 });
const hear = (name: string, message: string) =>
  dialect.hear({ name, bytes: new Uint8Array() }, { monitorId: 1, type: 'B', message }, dialect.noFacts);

/** Codes of the self-diagnosis, V422 page 63. */
test.each([
  ['00', []],
  ['B0', []],
  ['80', [{ part: 'fan', level: 'error' }]],
  [
    '8182A1',
    [
      { part: 'fan', level: 'error' },
      { part: 'temperature', level: 'warning' },
    ],
  ],
  ['91', [{ part: 'lamp', level: 'error' }]],
  ['A0', [{ part: 'temperature', level: 'error' }]],
  ['7278', [{ part: 'other', level: 'error' }]],
  ['D1', [{ part: 'other', level: 'warning' }]],
])('self-diagnosis %s', (codes, faults) => {
  expect(hear('faults', `A1${codes}`)).toMatchObject({ is: 'done', facts: { known: { faults } } });
});

test('names come encoded twice, or once', () => {
  expect(hear('serial', 'C3163459313233')).toMatchObject({ facts: { known: { serial: '4Y123' } } });
  expect(hear('serial', 'C316A4B5C6')).toMatchObject({ facts: { known: { serial: 'A4B5C6' } } });
  expect(hear('model', 'C317P553')).toMatchObject({ facts: { known: { model: 'P553' } } });
});

test('the empty message is no answer and no verdict', () => {
  expect(hear('model', 'BE')).toMatchObject({ is: 'later' });
});

const room = (config: Record<string, unknown> = {}, options: Record<string, unknown> = {}) =>
  displayRoom({ definition: necSerial, simulator: necSerialSimulator }, { config, options });

const first = {
  power: 'on',
  input: '11',
  volumePct: 20,
  muted: false,
  temperatureC: 44,
  model: 'P553',
  serial: '4Y123456NA',
  firmware: 'R2.105',
  faults: [{ part: 'fan', level: 'error' }],
};

test.each([
  [true, 45_678],
  [false, 32_767],
])('the first reading says how the display does; minutes are counted: %s', async (minutes, usageHours) => {
  const { clock, opening, shown, device } = room({}, { on: true, minutes });
  device.set({ fault: 'fan', usageHours: 45_678, temperatureC: 44 });
  await opening;
  await clock.advance(10_000);
  expect(shown).toEqual([{ ...first, usageHours }]);
});

test('a display is switched on, and input, volume and sound follow when it is', async () => {
  const { clock, opening, shown, device } = room({ power: 'on', input: '12', volumePct: 35, muted: 'yes' });
  await opening;
  await clock.advance(90_000);
  expect(device.state()).toMatchObject({ on: true, input: '12', volumePct: 35, muted: true });
  expect(shown.at(-1)).toMatchObject({ power: 'on', input: '12', volumePct: 35, muted: true });
});

test('between commands there is the pause that the manuals want, after switching a longer one', async () => {
  const { clock, opening, sent, shown } = room({ power: 'on', pollEveryS: 5 });
  await opening;
  const switching = () => sent.findIndex((line) => line.includes('C203D60001'));
  while (switching() < 0) await clock.advance(100);
  const count = sent.length;
  await clock.advance(14_900);
  expect(sent).toHaveLength(count);
  await clock.advance(20_000);
  expect(shown.at(-1)).toMatchObject({ power: 'on' });
  const before = sent.length;
  await clock.advance(6_000);
  expect(sent.length - before).toBe(10);
});

test('a display that is off is asked for its power, and once for what it is', async () => {
  const { clock, opening, sent, shown } = room();
  await opening;
  await clock.advance(60_000);
  expect(new Set(sent).size).toBe(4);
  expect(shown).toEqual([{ power: 'off', model: 'P553', serial: '4Y123456NA', firmware: 'R2.105', faults: [] }]);
});

test('a monitor with another ID does not answer', async () => {
  const { clock, opening } = room({ monitorId: 2 });
  const outcome = opening.catch((error: unknown) => error);
  await clock.advance(2_000);
  expect(await outcome).toMatchObject({ code: 'DRIVER_TIMEOUT', message: expect.stringContaining('monitor ID') });
});
