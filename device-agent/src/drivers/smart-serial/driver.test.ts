import fc from 'fast-check';
import { expect, test } from 'vitest';
import { displayRoom, expectCuttingLaw, expectDamageLaw, expectNoiseLaw } from '../../testing/display-room.ts';
import { decode, encode, type Frame, maxFrameBytes } from './codec.ts';
import { smartDialect, smartSerial } from './driver.ts';
import { smartSerialSimulator } from './simulator.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1');
const value = (key: string, text: string, unasked = false): Frame => ({ kind: 'value', key, value: text, unasked });

/** SMART MX page 37, 7086 page 98, M600 pages 62 and 63; see README.md, Frame. */
test.each<[{ key: string; value?: string }, string, string, Frame[]]>([
  [{ key: 'powerstate', value: 'on' }, 'set powerstate=on\r', 'powerstate=on\r\n>', [value('powerstate', 'on'), { kind: 'prompt' }]],
  [{ key: 'powerstate' }, 'get powerstate\r', 'powerstate=standby\r\n', [value('powerstate', 'standby')]],
  [{ key: 'input', value: 'hdmi1' }, 'set input=hdmi1\r', 'input=hdmi1\r\n', [value('input', 'hdmi1')]],
])('%o is sent as %j and answered by %j', (command, sent, answer, frames) => {
  expect(Buffer.from(encode(command)).toString()).toBe(sent);
  expect(decode(bytes(answer))).toEqual({ frames, rest: new Uint8Array(), skippedBytes: 0 });
});

test('what a board tells unasked, refuses and repeats is told apart', () => {
  expect(decode(bytes('#powerstate=on\r\ninvalid cmd get x\r\n>set volume=20\r\nvolume=20\r\n>'))).toEqual({
    frames: [value('powerstate', 'on', true), { kind: 'invalid' }, { kind: 'prompt' }, value('volume', '20'), { kind: 'prompt' }],
    rest: new Uint8Array(),
    skippedBytes: 'set volume=20'.length,
  });
});

const frame = fc.oneof(
  fc.constantFrom('>', 'invalid cmd=x\r\n').map(bytes),
  fc
    .tuple(
      fc.constantFrom('', '#'),
      fc.constantFrom('powerstate', 'input', 'volume', 'mute', 'fwversion'),
      fc.string({ unit: fc.constantFrom(...'abcdefghij0123456789.'), minLength: 1, maxLength: 12 }),
      fc.constantFrom('\r\n', '\r'),
    )
    .map(([mark, key, text, end]) => bytes(`${mark}${key}=${text}${end}`)),
);

test('any cutting of the bytes gives the same frames', () => expectCuttingLaw(decode, { frame, maxFrameBytes }));
test('one damaged byte costs at most two neighbouring frames', () => expectDamageLaw(decode, { frame, lost: 2 }));
test('a flood of noise is skipped', () => expectNoiseLaw(decode, { noise: bytes('#volume=\0'), maxFrameBytes }));

test.each([
  ['on', 'on'],
  ['updateon', 'on'],
  ['ready', 'off'],
  ['standby', 'off'],
  ['powersave', 'off'],
  ['UpdateReady', 'off'],
  ['o', 'unknown'],
])('power state %s', (word, power) => {
  const dialect = smartDialect({ offState: 'standby' });
  expect(dialect.hear(dialect.power, value('powerstate', word), dialect.noFacts)).toMatchObject({ facts: { known: { power } } });
});

const room = (config: Record<string, unknown> = {}, options: Record<string, unknown> = {}) =>
  displayRoom({ definition: smartSerial, simulator: smartSerialSimulator }, { config: { port: '/dev/ttyUSB0', ...config }, options });

test.each([false, true])('the first reading says how the board does; commands come back: %s', async (echo) => {
  const { clock, opening, shown } = room({}, { on: true, echo });
  await opening;
  await clock.advance(2_000);
  expect(shown).toEqual([
    {
      power: 'on',
      input: 'hdmi1',
      volumePct: 20,
      muted: false,
      model: 'SBID-6265S',
      serial: 'E012AB34C0123',
      firmware: '2.0.252.0',
      faults: [],
    },
  ]);
});

test('what people change is told at once', async () => {
  const { clock, opening, shown, device } = room({}, { on: true });
  await opening;
  await clock.advance(2_000);
  device.act('input hdmi2');
  await clock.advance(20);
  expect(shown.at(-1)).toMatchObject({ input: 'hdmi2' });
  device.act('off');
  await clock.advance(20);
  expect(shown.at(-1)).toMatchObject({ power: 'off', model: 'SBID-6265S' });
  expect(shown.at(-1)).not.toHaveProperty('input');
});

test('a board is switched on, and input, volume and sound follow when it is', async () => {
  const { clock, opening, shown, device } = room({ power: 'on', input: 'ops1', volumePct: 35, muted: 'yes' });
  await opening;
  await clock.advance(60_000);
  expect(device.state()).toMatchObject({ on: true, input: 'ops1', volumePct: 35, muted: true });
  expect(shown.at(-1)).toMatchObject({ power: 'on', input: 'ops1', volumePct: 35, muted: true });
});

test.each([
  ['standby', false],
  ['ready', true],
])('off is %s', async (offState, ready) => {
  const { clock, opening, shown, device, sent } = room({ power: 'off', offState }, { on: true, ready });
  await opening;
  await clock.advance(30_000);
  expect(device.state().on).toBe(false);
  expect(sent.filter((line) => line.startsWith('set'))).toEqual([`set powerstate=${offState}\r`]);
  expect(shown.at(-1)).toMatchObject({ power: 'off' });
});

test('a board that is off is asked for its power only, and for what it is when it comes on', async () => {
  const { clock, opening, sent, shown, device } = room();
  await opening;
  await clock.advance(30_000);
  expect(new Set(sent)).toEqual(new Set(['get powerstate\r']));
  device.act('on');
  await clock.advance(60_000);
  expect(sent.filter((line) => line === 'get modelnum\r')).toHaveLength(1);
  expect(shown.at(-1)).toMatchObject({ power: 'on', model: 'SBID-6265S', volumePct: 20 });
});

test('a board that does not answer is given up with a hint at the cable', async () => {
  const { clock, opening, device } = room();
  device.unplug();
  const outcome = opening.catch((error: unknown) => error);
  await clock.advance(2_000);
  expect(await outcome).toMatchObject({ code: 'DRIVER_TIMEOUT', message: expect.stringContaining('cable') });
});
