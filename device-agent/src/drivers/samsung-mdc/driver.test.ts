import fc from 'fast-check';
import { expect, test } from 'vitest';
import { displayRoom, expectCuttingLaw, expectDamageLaw, expectNoiseLaw } from '../../testing/display-room.ts';
import { decode, encode, maxFrameBytes } from './codec.ts';
import { samsungMdc } from './driver.ts';
import { samsungMdcSimulator } from './simulator.ts';

/** Commands sent by `vgavro/samsung-mdc` (HEAD 8fa5901) and the answers that it took apart; see README.md, Frame. */
const recorded: readonly [string, { command: number; data?: number[] }, string, { command: number; data: number[] }][] = [
  ['aa11010012', { command: 0x11 }, 'aaff010341110156', { command: 0x11, data: [1] }],
  ['aa1101010114', { command: 0x11, data: [1] }, 'aaff010341110156', { command: 0x11, data: [1] }],
  ['aa1101010013', { command: 0x11, data: [0] }, 'aaff010341110055', { command: 0x11, data: [0] }],
  ['aa120101192d', { command: 0x12, data: [25] }, 'aaff01034112196f', { command: 0x12, data: [25] }],
  ['aa13010014', { command: 0x13 }, 'aaff010341130057', { command: 0x13, data: [0] }],
  ['aa1301010116', { command: 0x13, data: [1] }, 'aaff010341130158', { command: 0x13, data: [1] }],
  ['aa14010015', { command: 0x14 }, 'aaff010341142179', { command: 0x14, data: [0x21] }],
  ['aa1401012137', { command: 0x14, data: [0x21] }, 'aaff010341142179', { command: 0x14, data: [0x21] }],
  ['aa00010001', { command: 0x00 }, 'aaff010941000119002101000086', { command: 0x00, data: [1, 25, 0, 0x21, 1, 0, 0] }],
  ['aa0b01000c', { command: 0x0b }, 'aaff0108410b53335249344cf5', { command: 0x0b, data: [...Buffer.from('S3RI4L')] }],
];

test.each(recorded)('%s is what we send, %s what we understand', (sent, command, answer, { command: replied, data }) => {
  expect(Buffer.from(encode({ displayId: 1, ...command })).toString('hex')).toBe(sent);
  expect(decode(Buffer.from(answer, 'hex'))).toEqual({
    frames: [{ kind: 'reply', displayId: 1, ok: true, command: replied, data: Uint8Array.from(data) }],
    rest: new Uint8Array(),
    skippedBytes: 0,
  });
});

test('a refusal is read, a wrong checksum is not', () => {
  expect(decode(Buffer.from('aaff01034e110163', 'hex')).frames).toMatchObject([{ ok: false, command: 0x11 }]);
  expect(decode(Buffer.from('aaff010341110157', 'hex')).frames).toEqual([]);
});

const frameWith = (data: fc.Arbitrary<Uint8Array>) =>
  fc.record({ id: fc.nat(255), ack: fc.constantFrom(0x41, 0x4e), command: fc.nat(255), data }).map((parts) => {
    const body = [0xff, parts.id, parts.data.length + 2, parts.ack, parts.command, ...parts.data];
    return Uint8Array.of(0xaa, ...body, body.reduce((sum, byte) => sum + byte, 0) & 0xff);
  });
const frame = frameWith(fc.uint8Array({ maxLength: 20 }));

test('any cutting of the bytes gives the same answers', () => expectCuttingLaw(decode, { frame, maxFrameBytes }));
test('a flood of noise is skipped', () =>
  expectNoiseLaw(decode, { noise: Uint8Array.of(0xaa, 0xff, 1, 3, 0x41, 0xaa, 0x4d), maxFrameBytes }));
// a damaged length may cover the frames that follow, until silence throws the beginning away
test('one damaged byte costs one answer, and those that a damaged length covers', () =>
  expectDamageLaw(decode, { frame: frameWith(fc.uint8Array({ minLength: 18, maxLength: 20 })), lost: 3 }));

const room = (config: Record<string, unknown> = {}, options: Record<string, unknown> = {}) =>
  displayRoom({ definition: samsungMdc, simulator: samsungMdcSimulator }, { config, options });

test('the first reading says what the display is and how it does', async () => {
  const { clock, opening, shown, device } = room({}, { on: true, model: 'QB55R', serial: 'S3RI4L' });
  device.set({ temperatureC: 41, fault: 'fan' });
  await opening;
  await clock.advance(100);
  expect(shown).toEqual([
    {
      power: 'on',
      input: '21',
      volumePct: 20,
      muted: false,
      temperatureC: 41,
      faults: [{ part: 'fan', level: 'error' }],
      model: 'QB55R',
      serial: 'S3RI4L',
      firmware: 'SIM-1000.1',
    },
  ]);
});

test('a display is switched on, and input, volume and sound follow when it is', async () => {
  const { clock, opening, shown, device } = room({ power: 'on', input: '23', volumePct: 35, muted: 'yes' });
  await opening;
  await clock.advance(60_000);
  expect(device.state()).toMatchObject({ on: true, input: '23', volumePct: 35, muted: true });
  expect(shown[0]).toMatchObject({ power: 'off' });
  expect(shown.at(-1)).toMatchObject({ power: 'on', input: '23', volumePct: 35, muted: true });
});

test('a display that hears nothing while it starts keeps its connection', async () => {
  const { clock, opening, shown, failures } = room({ power: 'on' }, { startMs: 60_000, deaf: true });
  await opening;
  await clock.advance(90_000);
  expect(failures).toEqual([]);
  expect([...new Set(shown.map(({ power }) => power))]).toEqual(['off', 'warming', 'on']);
});

test('what only a running display can say is not told of one that sleeps', async () => {
  const { clock, opening, shown, device } = room({}, { on: true });
  await opening;
  await clock.advance(5_000);
  device.act('off');
  await clock.advance(20_000);
  expect(shown.at(-1)).toEqual({ power: 'off', faults: [], model: 'QB65R', serial: '0SIM0001', firmware: 'SIM-1000.1' });
});

test('a display that wants TLS and a PIN is refused with what to do', async () => {
  const { clock, opening } = room({}, { secured: true });
  const outcome = opening.catch((error: unknown) => error);
  await clock.advance(100);
  expect(await outcome).toMatchObject({ code: 'DRIVER_AUTH_FAILED', message: expect.stringContaining('secured protocol') });
});

test('a display with another ID does not answer, and the message says where to look', async () => {
  const { clock, opening } = room({ displayId: 2 });
  const outcome = opening.catch((error: unknown) => error);
  await clock.advance(2_000);
  expect(await outcome).toMatchObject({ code: 'DRIVER_TIMEOUT', message: expect.stringContaining('ID') });
});

test('only a wish to be on wakes a display by network', () => {
  const config = (power: string) => samsungMdc.configSchema.parse({ port: 'tcp://192.168.1.40', power, wakeOnLanMac: '00:11:22:33:44:55' });
  expect(samsungMdc.link(config('on'))).toMatchObject({ port: 'tcp://192.168.1.40:1515', wakeOnLanMac: '00:11:22:33:44:55' });
  for (const power of ['off', 'keep']) expect(samsungMdc.link(config(power))).not.toHaveProperty('wakeOnLanMac');
});
