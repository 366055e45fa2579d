import { duplexPair } from 'node:stream';
import { fakeClock } from '@tramhoc/base/fake-clock';
import { createLog } from '@tramhoc/base/log';
import { seededRandom } from '@tramhoc/base/random';
import type { DisplayState } from '@tramhoc/protocol/asset';
import type { TramError } from '@tramhoc/protocol/errors';
import { expect, test } from 'vitest';
import { pjlink } from './driver.ts';
import { pjlinkSimulator } from './simulator.ts';

function room(config: Record<string, unknown> = {}, options: Record<string, unknown> = {}, notes = new Map<string, string>()) {
  const clock = fakeClock();
  const random = seededRandom(7);
  const [driverEnd, deviceEnd] = duplexPair();
  const shown: DisplayState[] = [];
  const failures: TramError[] = [];
  const logged: string[] = [];
  const asked: string[] = [];
  const projector = pjlinkSimulator.attach(deviceEnd, { clock, random }, options);
  deviceEnd.prependListener('data', (bytes: Buffer) => asked.push(bytes.toString()));
  const parse = (changes: Record<string, unknown> = {}) => pjlink.configSchema.parse({ port: 'tcp://127.0.0.1', ...config, ...changes });
  const opening = pjlink.open(driverEnd, parse(), {
    clock,
    random,
    log: createLog({ part: 'test', level: 'debug', write: (line) => logged.push(line) }),
    emit: (reading) => reading.kind === 'display' && shown.push(reading.state) > 0,
    fail: (error) => failures.push(error),
    notes,
  });
  return { clock, projector, opening, shown, failures, logged, asked, parse, deviceEnd, driverEnd };
}

test('the first reading says what the projector is and how it does', async () => {
  const { clock, opening, shown, projector } = room({}, { on: true, class: 1, name: 'Phòng 101', manufacturer: 'EPSON', model: 'EB-X06' });
  projector.setFaults('010000');
  projector.setLampHours([512]);
  await opening;
  await clock.advance(100);
  expect(shown).toEqual([
    {
      power: 'on',
      input: '31',
      muted: false,
      lampHours: [512],
      faults: [{ part: 'lamp', level: 'warning' }],
      name: 'Phòng 101',
      manufacturer: 'EPSON',
      model: 'EB-X06',
    },
  ]);
});

test('a changed state is told within one period, an unchanged one every ten minutes', async () => {
  const { clock, opening, shown, projector } = room({}, { on: true });
  await opening;
  await clock.advance(1_000);
  projector.setInput('32');
  await clock.advance(20_000);
  expect(shown.map(({ input }) => input)).toEqual(['31', '32']);
  await clock.advance(9 * 60_000);
  expect(shown.length).toBe(2);
  await clock.advance(2 * 60_000);
  expect(shown.length).toBe(3);
});

test('the connection never stays quiet for the 30 seconds after which projectors hang up', async () => {
  const { clock, opening, shown, failures, deviceEnd } = room({ pollEveryS: 25 });
  await opening;
  await clock.advance(60 * 60_000);
  expect(failures).toEqual([]);
  expect(deviceEnd.destroyed).toBe(false);
  expect(shown.length).toBeGreaterThanOrEqual(6);
});

test('a projector is switched on, followed while it warms, and asked until it says so', async () => {
  const { clock, opening, shown, projector, asked } = room({ power: 'on' }, { warmMs: 30_000 });
  await opening;
  await clock.advance(40_000);
  expect(projector.power()).toBe('on');
  expect([...new Set(shown.map(({ power }) => power))]).toEqual(['off', 'warming', 'on']);
  expect(shown.at(-1)).toMatchObject({ power: 'on', input: '31' });
  expect(asked.filter((line) => line === '%1POWR 1\r').length).toBe(1);
});

test('switching on while it still cools waits until it may', async () => {
  const { clock, opening, projector, driverEnd } = room({ power: 'off' }, { on: true, coolMs: 60_000 });
  const driver = await opening;
  await clock.advance(5_000);
  expect(projector.power()).toBe('cooling');
  await driver.configure(pjlink.configSchema.parse({ port: 'tcp://127.0.0.1', power: 'on' }));
  await clock.advance(80_000);
  expect(projector.power()).toBe('on');
  expect(driverEnd.destroyed).toBe(false);
});

test('a hand on the remote control is not fought once the wish came true', async () => {
  const { clock, opening, projector, shown } = room({ power: 'off' }, { on: true });
  await opening;
  await clock.advance(20_000);
  expect(projector.power()).toBe('off');
  projector.pressPower('on');
  await clock.advance(120_000);
  expect(projector.power()).toBe('on');
  expect(shown.at(-1)?.power).toBe('on');
});

test('a class 2 projector also tells serial number, firmware, filter, and the name and signal of its input', async () => {
  const { clock, opening, shown, asked, projector } = room({}, { on: true });
  await opening;
  await clock.advance(100);
  expect(shown[0]).toMatchObject({
    serial: 'SIM0000001',
    firmware: '1.0',
    filterHours: 120,
    inputName: 'Máy tính',
    resolution: '1920x1080',
    frozen: false,
  });
  projector.setInput('32');
  projector.setFilterHours(121);
  await clock.advance(20_000);
  expect(shown[1]).toMatchObject({ input: '32', inputName: 'Hộp số', filterHours: 121 });
  expect(asked.filter((line) => line === '%2SNUM ?\r').length).toBe(1);
  expect(asked.filter((line) => line.startsWith('%2INNM')).length).toBe(2);
});

test('a class 1 projector is never asked class 2 questions', async () => {
  const { clock, opening, asked } = room({}, { on: true, class: 1 });
  await opening;
  await clock.advance(60_000);
  expect(asked.filter((line) => line.startsWith('%2'))).toEqual([]);
});

test('input and blanking are set once the projector is on, and then left to the people', async () => {
  const { clock, opening, shown, projector } = room({ power: 'on', input: '32', muted: 'yes' }, {});
  await opening;
  await clock.advance(30_000);
  expect(shown.at(-1)).toMatchObject({ power: 'on', input: '32', muted: true });
  projector.setInput('31');
  projector.setMuted(false);
  await clock.advance(60_000);
  expect(shown.at(-1)).toMatchObject({ power: 'on', input: '31', muted: false });
});

test('an input that the projector does not have is given up with a warning', async () => {
  const { clock, opening, asked, logged } = room({ input: '11' }, { on: true });
  const wrong = room({ input: '55' }, { on: true });
  await opening;
  await wrong.opening;
  await clock.advance(60_000);
  await wrong.clock.advance(60_000);
  expect(asked.filter((line) => line === '%2INPT 11\r').length).toBe(1);
  expect(wrong.asked.filter((line) => line === '%2INPT 55\r').length).toBe(1);
  expect(logged.join()).not.toContain('cannot');
  expect(wrong.logged.join()).toContain('cannot do this');
});

test.each([
  ['SHA-256', { authentication: 'sha256' }, /^[0-9a-f]{96}%1POWR \?\r$/],
  ['MD5 on an older device', { authentication: 'md5' }, /^[0-9a-f]{32}%1POWR \?\r$/],
])('the right password opens the projector by %s and never reaches the log or the wire', async (_how, device, proof) => {
  const { clock, opening, shown, logged, asked } = room({ password: 'phong-101' }, { password: 'phong-101', on: true, ...device });
  await opening;
  await clock.advance(60_000);
  expect(shown.length).toBe(1);
  expect(asked[0]).toBe('PJLINK 2\r');
  expect(asked[1]).toMatch(proof);
  expect(asked.slice(2).every((line) => /^%[12][A-Z0-9]{4} \?(?:31)?\r$/.test(line))).toBe(true);
  expect(JSON.stringify([logged, asked])).not.toContain('phong-101');
});

test('a device that did not take up SHA-256 is met with MD5 at the next connection', async () => {
  const notes = new Map<string, string>();
  const device = { password: 'phong-101', authentication: 'md5' };
  await room({ password: 'phong-101' }, device, notes).opening;
  const again = room({ password: 'phong-101' }, device, notes);
  await again.opening;
  expect(again.asked[0]).toMatch(/^[0-9a-f]{32}%1POWR \?\r$/);
});

test('who insists on SHA-256 is never given to MD5', async () => {
  const { opening, asked } = room({ password: 'phong-101', authentication: 'sha256' }, { password: 'phong-101', authentication: 'md5' });
  await expect(opening).rejects.toMatchObject({ code: 'DRIVER_AUTH_FAILED', message: expect.stringContaining('SHA-256') });
  expect(asked).toEqual(['PJLINK 2\r']);
});

test.each([
  ['a wrong password', 'sai', 'sha256'],
  ['a wrong password on an older device', 'sai', 'md5'],
  ['no password where one is wanted', '', 'sha256'],
])('%s is refused with what to do', async (_case, password, authentication) => {
  const { opening, clock } = room({ password }, { password: 'phong-101', authentication });
  const outcome = opening.catch((error: TramError) => error);
  await clock.advance(3_000);
  expect(await outcome).toMatchObject({ code: 'DRIVER_AUTH_FAILED', message: expect.stringContaining('PJLink menu') });
});

test('a device that is no projector is given up after two seconds', async () => {
  const clock = fakeClock();
  const [driverEnd, deviceEnd] = duplexPair();
  deviceEnd.write('220 printer ready\r\n');
  const deps = {
    clock,
    random: seededRandom(1),
    log: createLog({ part: 'test', level: 'silent' }),
    emit: () => true,
    fail: () => undefined,
  };
  const outcome = pjlink.open(driverEnd, pjlink.configSchema.parse({ port: 'tcp://127.0.0.1' }), deps).catch((error: TramError) => error);
  await clock.advance(2_000);
  expect(await outcome).toMatchObject({ code: 'DRIVER_TIMEOUT', message: expect.stringContaining('switch on PJLink') });
  expect(driverEnd.listenerCount('data')).toBe(0);
});

test('a projector that falls silent is reported once, after two seconds', async () => {
  const { clock, opening, failures, projector } = room();
  const driver = await opening;
  await clock.advance(1_000);
  projector.close();
  await clock.advance(22_500);
  expect(failures.map(({ code }) => code)).toEqual(['DRIVER_TIMEOUT']);
  await clock.advance(600_000);
  expect(failures.length).toBe(1);
  expect(driver.counters().timeoutCount).toBe(1);
});

test('a display that cannot be switched by PJLink is left alone', async () => {
  const clock = fakeClock();
  const [driverEnd, deviceEnd] = duplexPair();
  const asked: string[] = [];
  const answers: Record<string, string> = { 'POWR ?': '0', 'POWR 1': 'ERR2', 'ERST ?': '000000' };
  deviceEnd.on('data', (bytes: Buffer) => {
    const [, command = ''] = /^%1(.*)\r$/.exec(bytes.toString()) ?? [];
    asked.push(command);
    deviceEnd.write(`%1${command.slice(0, 4)}=${answers[command] ?? 'ERR1'}\r`);
  });
  deviceEnd.write('PJLINK 0\r');
  const deps = {
    clock,
    random: seededRandom(1),
    log: createLog({ part: 'test', level: 'silent' }),
    emit: () => true,
    fail: () => undefined,
  };
  await pjlink.open(driverEnd, pjlink.configSchema.parse({ port: 'tcp://127.0.0.1', power: 'on' }), deps);
  await clock.advance(65_000);
  expect(asked.filter((command) => command === 'POWR 1').length).toBe(1);
  expect(asked.filter((command) => command === 'INPT ?').length).toBe(1);
  expect(asked.filter((command) => command === 'ERST ?').length).toBe(4);
});
