import { duplexPair } from 'node:stream';
import { fakeClock } from '@tramhoc/base/fake-clock';
import { createLog } from '@tramhoc/base/log';
import { seededRandom } from '@tramhoc/base/random';
import type { TramError } from '@tramhoc/protocol/errors';
import { expect, onTestFinished, test } from 'vitest';
import type { HttpAnswer } from '../../transports/http-in.ts';
import type { Driver, Punch } from '../driver.ts';
import { type HikvisionIsapiConfig, hikvisionIsapi } from './driver.ts';
import { hikvisionIsapiSimulator } from './simulator.ts';

async function bench(config: Record<string, unknown> = { serials: 'GA6820584' }, options: Record<string, unknown> = {}) {
  const clock = fakeClock({ wallMs: Date.UTC(2026, 10, 22, 23, 58) });
  const [driverEnd, wireEnd] = duplexPair({ objectMode: true });
  const [deviceEnd, deviceSide] = duplexPair({ objectMode: true });
  deviceSide.on('data', (chunk) => wireEnd.write(chunk));
  const kept: Punch[] = [];
  const failures: TramError[] = [];
  const logged: string[] = [];
  const disk = { refuses: false };
  const parsed = hikvisionIsapi.configSchema.parse({ port: 'http-in://0.0.0.0:8082', ...config });
  const driver: Driver<HikvisionIsapiConfig> = await hikvisionIsapi.open(driverEnd, parsed, {
    ...{ clock, random: seededRandom(3) },
    log: createLog({ part: 'test', level: 'debug', write: (line) => logged.push(line) }),
    emit: (reading) => !disk.refuses && kept.push(reading as Punch) > 0,
    fail: (error) => failures.push(error),
  });
  const terminal = hikvisionIsapiSimulator.create({ clock, random: seededRandom(1) }, options);
  onTestFinished(async () => {
    await driver.close();
    terminal.close();
  });
  const plug = async (): Promise<void> => {
    terminal.plug(deviceEnd);
    await clock.advance(100);
  };
  const post = (body: string, method = 'POST'): Promise<HttpAnswer> =>
    new Promise((resolve) => {
      wireEnd.write({ ...{ method, path: '/', query: {}, headers: {} }, body: new TextEncoder().encode(body), respond: resolve });
    });
  return { clock, kept, failures, logged, disk, driver, terminal, plug, post };
}

test.each([{}, { multipart: true }])(
  'punches that waited come first, then each at once; doors, strangers and heartbeats are none: %j',
  async (options) => {
    const it = await bench(undefined, options);
    it.terminal.punch('1', { minor: 38, status: 'checkIn' });
    await it.plug();
    it.terminal.act('stranger');
    it.terminal.punch('2', { status: 'checkOut' });
    await it.clock.advance(100);
    expect(it.kept).toEqual([
      {
        ...{
          kind: 'punch',
          terminal: 'GA6820584',
          pin: '1',
          localTime: '2026-11-23T06:58:00',
          utcOffsetMinutes: 420,
          verify: 'finger',
          direction: 'in',
        },
      },
      expect.objectContaining({ pin: '2', verify: 'face', direction: 'out' }),
    ]);
    expect([it.terminal.unsentCount(), it.driver.counters().skippedBytes]).toEqual([0, 0]);
  },
);

test('an event that the disk refused is posted again until it is kept', async () => {
  const it = await bench();
  it.disk.refuses = true;
  await it.plug();
  it.terminal.punch('1');
  await it.clock.advance(25_000);
  expect(it.kept).toEqual([]);
  it.disk.refuses = false;
  await it.clock.advance(11_000);
  expect(it.kept.map(({ pin }) => pin)).toEqual(['1']);
});

test('a terminal without a serial number is known by its MAC address', async () => {
  const it = await bench({ serials: 'A4:D5:C2:62:3E:31' }, { serial: '' });
  await it.plug();
  it.terminal.punch('1');
  await it.clock.advance(100);
  expect(it.kept).toMatchObject([{ terminal: 'a4:d5:c2:62:3e:31', pin: '1' }]);
});

test('a terminal that is not in the list is refused; while the list is empty the slot says which one calls', async () => {
  const it = await bench({ serials: 'OTHER' });
  await it.plug();
  it.terminal.punch('1');
  await it.clock.advance(60_000);
  expect([it.kept, it.failures]).toEqual([[], []]);
  expect(it.logged.filter((line) => line.includes('GA6820584'))).toHaveLength(1);
  const empty = await bench({});
  await empty.plug();
  empty.terminal.punch('1');
  await empty.clock.advance(100);
  expect(empty.failures).toMatchObject([{ code: 'DRIVER_REFUSED', message: expect.stringContaining('GA6820584') }]);
});

test('rubbish is taken and counted, so that it holds nothing up; XML is told to the operator', async () => {
  const it = await bench();
  expect(await it.post('{"eventType')).toMatchObject({ status: 200 });
  expect(it.driver.counters().skippedBytes).toBe(11);
  expect(await it.post('<EventNotificationAlert><AccessControllerEvent/></EventNotificationAlert>')).toMatchObject({ status: 415 });
  expect(it.logged.join('')).toContain('JSON');
  expect(await it.post('', 'GET')).toMatchObject({ status: 200 });
});

test('events about a person that are no punch, and such as cannot be read, are told once for each terminal and cause, without the person', async () => {
  const it = await bench({ serials: 'GA6820584, GA1' });
  const post = (serial: string, inner: object) =>
    it.post(
      JSON.stringify({
        ...{ dateTime: '2026-11-23T06:58:00+07:00', eventType: 'AccessControllerEvent', shortSerialNumber: serial },
        AccessControllerEvent: { majorEventType: 5, subEventType: 75, employeeNoString: '77123', name: 'Nguyễn Văn Mẫu', ...inner },
      }),
    );
  for (let time = 0; time < 3; time += 1)
    for (const serial of ['GA6820584', 'GA1']) {
      expect(await post(serial, { subEventType: 250 })).toMatchObject({ status: 200 });
      expect(await post(serial, { employeeNoString: '77123/1' })).toMatchObject({ status: 200 });
      expect(await post(serial, { subEventType: 'face' })).toMatchObject({ status: 200 });
    }
  const told = it.logged.map((line) => JSON.parse(line)).filter(({ level }) => level === 'warn');
  expect(told.map(({ terminal, unclear }) => [terminal, unclear])).toEqual(
    ['GA6820584', 'GA1'].flatMap((serial) => [
      [serial, 'event 5/250'],
      [serial, 'employeeNoString'],
      [serial, 'AccessControllerEvent.subEventType'],
    ]),
  );
  expect(it.kept).toEqual([]);
  expect(it.logged.join('')).not.toMatch(/77123|Mẫu/);
});

test('a terminal that is not in the list is named by no other warning', async () => {
  const it = await bench({ serials: 'OTHER' });
  const event = { majorEventType: 5, subEventType: 250, employeeNoString: '1' };
  const body = { eventType: 'AccessControllerEvent', shortSerialNumber: 'GA6820584', AccessControllerEvent: event };
  expect(await it.post(JSON.stringify(body))).toMatchObject({ status: 403 });
  expect(await it.post(JSON.stringify({ ...body, AccessControllerEvent: 5 }))).toMatchObject({ status: 200 });
  const told = it.logged.filter((line) => line.includes('GA6820584'));
  expect(told).toHaveLength(1);
  expect(told[0]).toContain('refused');
});

test('no name and no number of a person is in the log', async () => {
  const it = await bench();
  await it.plug();
  it.terminal.punch('77123');
  await it.clock.advance(100);
  expect(it.kept).toHaveLength(1);
  expect(it.logged.join('')).not.toMatch(/77123|Mẫu/);
});
