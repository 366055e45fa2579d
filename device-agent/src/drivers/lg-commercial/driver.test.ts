import fc from 'fast-check';
import { expect, test } from 'vitest';
import { displayRoom, expectCuttingLaw, expectDamageLaw, expectNoiseLaw } from '../../testing/display-room.ts';
import { decode, encode, maxFrameBytes } from './codec.ts';
import { lgCommercial } from './driver.ts';
import { lgCommercialSimulator } from './simulator.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1');

/** LG 55LV5400 page 135, M4210D page 38; see README.md, Frame. */
test.each([
  [{ command: 'ka', setId: 1, data: 0x01 }, 'ka 01 01\r', 'a 01 OK01x', { command: 'a', setId: 1, ok: true, data: '01' }],
  [{ command: 'ka', setId: 1, data: 0xff }, 'ka 01 ff\r', 'a 01 OK01x', { command: 'a', setId: 1, ok: true, data: '01' }],
  [{ command: 'kf', setId: 1, data: 0x1e }, 'kf 01 1e\r', 'f 01 OK1ex', { command: 'f', setId: 1, ok: true, data: '1e' }],
  [{ command: 'ka', setId: 0, data: 0x01 }, 'ka 00 01\r', 'a 01 NG02x', { command: 'a', setId: 1, ok: false, data: '02' }],
  [{ command: 'dl', setId: 1_000, data: 0xff }, 'dl 3e8 ff\r', 'l 3e8 OK1234x', { command: 'l', setId: 1_000, ok: true, data: '1234' }],
])('%o is sent as %j and answered by %j', (command, sent, answer, frame) => {
  expect(Buffer.from(encode(command)).toString()).toBe(sent);
  expect(decode(bytes(answer))).toEqual({ frames: [frame], rest: new Uint8Array(), skippedBytes: 0 });
});

test('capital hex digits are read like small ones', () => {
  const small = decode(bytes('b 0a OKc0xl 0a OK2afx'));
  expect(small).toMatchObject({ frames: [{ setId: 10, data: 'c0' }, { data: '2af' }], skippedBytes: 0 });
  expect(decode(bytes('b 0A OKC0xl 0A OK2Afx'))).toEqual(small);
});

test('a line end behind an answer is no noise', () => {
  expect(decode(bytes('a 01 OK01x\r\nf 01 OK1ex'))).toMatchObject({ frames: [{ command: 'a' }, { command: 'f' }], skippedBytes: 0 });
});

const frame = fc
  .tuple(
    fc.constantFrom(...'abefnlw'),
    fc.integer({ min: 1, max: 0xff }),
    fc.constantFrom('OK', 'NG'),
    fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 1, maxLength: 6 }),
  )
  .map(([command, id, result, data]) => bytes(`${command} ${id.toString(16).padStart(2, '0')} ${result}${data}x`));

test('any cutting of the bytes gives the same answers', () => expectCuttingLaw(decode, { frame, maxFrameBytes }));
test('one damaged byte costs at most two neighbouring answers', () => expectDamageLaw(decode, { frame, lost: 2 }));
test('a flood of noise is skipped', () => expectNoiseLaw(decode, { noise: bytes('a 01 OK'), maxFrameBytes }));

const room = (config: Record<string, unknown> = {}, options: Record<string, unknown> = {}) =>
  displayRoom({ definition: lgCommercial, simulator: lgCommercialSimulator }, { config, options });

test('the first reading says how the display does', async () => {
  const { clock, opening, shown, device } = room({}, { on: true });
  device.set({ fault: 'fan', usageHours: 12_345, temperatureC: 44 });
  await opening;
  await clock.advance(100);
  expect(shown).toEqual([
    {
      power: 'on',
      input: '90',
      volumePct: 20,
      muted: false,
      temperatureC: 44,
      usageHours: 12_345,
      faults: [{ part: 'fan', level: 'error' }],
    },
  ]);
});

test('a display is switched on, and input, volume and sound follow when it is', async () => {
  const { clock, opening, shown, device } = room({ power: 'on', input: '91', volumePct: 35, muted: 'yes' });
  await opening;
  await clock.advance(60_000);
  expect(device.state()).toMatchObject({ on: true, input: '91', volumePct: 35, muted: true });
  expect(shown.at(-1)).toMatchObject({ power: 'on', input: '91', volumePct: 35, muted: true });
});

test('the same socket with a computer behind it counts as the input that was wished for', async () => {
  const { clock, opening, device, sent } = room({ input: '90' }, { on: true });
  device.set({ input: 'a0' });
  await opening;
  await clock.advance(60_000);
  expect(sent.filter((line) => /^xb 01 90/.test(line))).toEqual([]);
});

test('a display that is off is asked for its power only', async () => {
  const { clock, opening, sent, shown } = room();
  await opening;
  await clock.advance(60_000);
  expect(new Set(sent)).toEqual(new Set(['ka 01 ff\r']));
  expect(shown).toEqual([{ power: 'off', faults: [] }]);
});

test('a set with another ID does not answer', async () => {
  const { clock, opening } = room({ setId: 2 });
  const outcome = opening.catch((error: unknown) => error);
  await clock.advance(2_000);
  expect(await outcome).toMatchObject({ code: 'DRIVER_TIMEOUT', message: expect.stringContaining('set ID') });
});
