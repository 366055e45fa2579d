/** The lists and pages of the console, from facts to figures. */
import { cardHash } from '@tramhoc/base/digest';
import type { EnrolmentGrant } from '@tramhoc/protocol/enrolment';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { z } from 'zod';
import type { AttendanceDay, DeviceDetail, EventPage, FeedbackItem, Site } from '../api/contract.ts';
import { type Enrolled, siteA, siteB, type TestCentre, testCentre } from '../testing/test-centre.ts';
import { epochB, type Made, made } from '../testing/test-events.ts';

let hall: TestCentre;
let broker: Enrolled;
let agent: Enrolled & { grant: EnrolmentGrant };
const noon = Date.UTC(2026, 10, 23, 5, 0);
let seq = 0;
beforeAll(async () => {
  // real certificates are judged by the real clock, so the days of this test are counted from today
  hall = await testCentre();
  broker = await hall.broker();
  agent = await hall.agent();
});
afterAll(() => hall.stop());

const get = <T>(path: string) => hall.ask({ method: 'GET', path }) as Promise<T>;
const event = (more: Partial<Made> = {}) =>
  made({ siteId: siteA, deviceId: agent.deviceId, seq: ++seq, siteTimeMs: hall.clock.wallMs(), ...more });
const tapOf = (number: string, siteTimeMs: number | null) =>
  event({ siteTimeMs, data: { slot: 'gate', cardHash: cardHash({ cardKey: agent.grant.cardKey, number }), technology: 'em4100' } });

test('attendance of a day: first and last tap, the absent, unknown times and unknown cards', async () => {
  const csv = [
    'card,person,name,group',
    '14008EC793,HS1,An,10A1',
    '14008EC794,HS1,An,10A1',
    '14008EC795,HS2,Bình,10A1',
    '14008EC796,HS3,Chi,10A2',
  ].join('\n');
  await hall.ask({ method: 'POST', path: `/api/sites/${siteA}/cards`, csv: Buffer.from(csv) });
  const [early, late] = [noon - 3_600_000, noon + 3_600_000];
  await hall.send(broker, [
    tapOf('14008EC793', noon),
    tapOf('14008EC794', late),
    tapOf('14008EC793', early),
    tapOf('14008EC795', null),
    tapOf('FFFFFFFFFF', noon),
  ]);
  // a time that nobody knows counts on the day it came in
  const unknownDay = new Date(hall.clock.wallMs() + 7 * 3_600_000).toISOString().slice(0, 10);
  const day = await get<AttendanceDay>(`/api/attendance?site=${siteA}&date=2026-11-23`);
  const an = { personId: 'HS1', name: 'An', group: '10A1', firstMs: early, lastMs: late, tapCount: 3, timeDoubtful: false };
  expect(day.rows).toContainEqual(an);
  expect(day.rows).toContainEqual({
    personId: 'HS3',
    name: 'Chi',
    group: '10A2',
    firstMs: null,
    lastMs: null,
    tapCount: 0,
    timeDoubtful: false,
  });
  expect(day.unknownCards).toEqual([
    { atMs: noon, deviceId: agent.deviceId, slot: 'gate', cardHashPrefix: expect.stringMatching(/^[0-9a-f]{8}$/) },
  ]);
  const today = await get<AttendanceDay>(`/api/attendance?site=${siteA}&date=${unknownDay}`);
  expect(today.rows).toContainEqual({
    personId: 'HS2',
    name: 'Bình',
    group: '10A1',
    firstMs: null,
    lastMs: null,
    tapCount: 1,
    timeDoubtful: false,
  });
  expect(day.presentCount + day.absentCount).toBe(3);
});

test('events are paged in both directions without a gap, filtered, with the person of a tap', async () => {
  const all = await get<z.infer<typeof EventPage>>('/api/events?limit=500');
  expect(all.more).toBe(false);
  const positions = all.events.map((row) => row.position);
  expect(positions).toEqual([...positions].sort((a, b) => b - a));
  const backwards: number[] = [];
  for (let before = ''; ; ) {
    const page = await get<z.infer<typeof EventPage>>(`/api/events?limit=2${before}`);
    backwards.push(...page.events.map((row) => row.position));
    if (!page.more) break;
    before = `&before=${backwards.at(-1)}`;
  }
  expect(backwards).toEqual(positions);
  const forwards = await get<z.infer<typeof EventPage>>(`/api/events?limit=2&after=${positions.at(-1)}`);
  expect(forwards.events.map((row) => row.position)).toEqual(positions.slice(-3, -1).reverse());
  expect(all.events.find((row) => row.siteTimeMs === noon && row.person !== null)?.person).toEqual({
    personId: 'HS1',
    name: 'An',
    group: '10A1',
  });
  expect((await get<z.infer<typeof EventPage>>('/api/events?type=vn.tramhoc.sensor.reading.v1')).events).toEqual([]);
  await expect(get('/api/events?limit=501')).rejects.toMatchObject({ code: 'INPUT_INVALID' });
  await expect(get('/api/events?lmit=5')).rejects.toMatchObject({ code: 'INPUT_INVALID' });
});

test('a device page shows what the device said: kinds, slots, displays, twin with refused keys', async () => {
  const desired = {
    drivers: { gate: { kind: 'rdm6300', config: { port: 'tcp://127.0.0.1:1' } }, board: { kind: 'pjlink', config: { port: 'tcp://a:1' } } },
  };
  const path = `/api/devices/${agent.deviceId}`;
  expect((await get<DeviceDetail>(path)).twin).toBe('none');
  await hall.ask({ method: 'PUT', path: `${path}/desired`, body: { ifVersion: 0, desired } });
  expect((await get<DeviceDetail>(path)).twin).toBe('pending');
  const { documents } = await hall.desired(broker, 0);
  const reported = (errors: object[]) =>
    event({
      type: 'vn.tramhoc.twin.reported.v1',
      data: { appliedVersion: 1, hash: documents[0]!.document.hash, drivers: desired.drivers, errors },
    });
  const kinds = [{ kind: 'rdm6300', title: { vi: 'Đầu đọc', en: 'Reader' }, configSchema: { type: 'object' } }];
  await hall.send(broker, [
    event({
      type: 'vn.tramhoc.device.hello.v1',
      data: { agentVersion: '9.9', model: 'NUC', serial: 'S9', os: 'Debian 12', driverKinds: ['rdm6300'] },
    }),
    event({ type: 'vn.tramhoc.device.driver.v1', data: kinds[0]! }),
    event({ type: 'vn.tramhoc.device.driver.v1', data: { ...kinds[0], kind: 'of-an-older-version' } }),
    event({
      type: 'vn.tramhoc.device.slot.v1',
      data: { slot: 'gate', driver: 'rdm6300', state: 'lost', code: 'DRIVER_PORT_LOST', skippedBytes: 3, reopenCount: 2 },
    }),
    event({ type: 'vn.tramhoc.asset.display.v1', data: { slot: 'board', driver: 'pjlink', state: { power: 'on', faults: [] } } }),
    reported([{ key: 'drivers.gate.config.port', code: 'DRIVER_CONFIG_INVALID', message: 'x' }]),
  ]);
  const detail = await get<DeviceDetail>(path);
  expect(detail).toMatchObject({
    agentVersion: '9.9',
    model: 'NUC',
    os: 'Debian 12',
    twin: 'refused',
    driverKinds: kinds,
    clockQuality: 'rtc',
  });
  expect(await get('/api/drivers')).toEqual({
    drivers: ['of-an-older-version', 'rdm6300'].map((kind) => ({ kind, title: { vi: 'Đầu đọc', en: 'Reader' } })),
  });
  expect(detail.slots).toEqual([
    expect.objectContaining({ slot: 'gate', state: 'lost', code: 'DRIVER_PORT_LOST', skippedBytes: 3, message: null }),
  ]);
  expect(detail.displays).toEqual([expect.objectContaining({ slot: 'board', state: { power: 'on', faults: [] } })]);
  expect(detail.twinView).toMatchObject({
    desiredVersion: 1,
    reportedVersion: 1,
    reported: desired,
    errors: [{ key: 'drivers.gate.config.port' }],
  });
  await hall.send(broker, [reported([])]);
  expect((await get<DeviceDetail>(path)).twin).toBe('converged');
});

test('two people who change one device: the second is told, and nothing of the first is lost', async () => {
  const put = (ifVersion: number, slot: string) =>
    hall.ask({
      method: 'PUT',
      path: `/api/devices/${agent.deviceId}/desired`,
      body: { ifVersion, desired: { drivers: { [slot]: { kind: 'pms5003', config: {} } } } },
    });
  const { twinView } = await get<DeviceDetail>(`/api/devices/${agent.deviceId}`);
  await put(twinView.desiredVersion, 'air');
  await expect(put(twinView.desiredVersion, 'dust')).rejects.toMatchObject({ code: 'TWIN_VERSION_CONFLICT' });
  expect(Object.keys((await get<DeviceDetail>(`/api/devices/${agent.deviceId}`)).twinView.desired.drivers)).toEqual(['air']);
  const large = {
    drivers: {
      air: {
        kind: 'pms5003',
        config: { text: ['x'.repeat(4_000), 'y'.repeat(4_000), 'z'.repeat(4_000), 'w'.repeat(4_000), 'v'.repeat(4_000)] },
      },
    },
  };
  const body = { ifVersion: twinView.desiredVersion + 1, desired: large };
  await expect(hall.ask({ method: 'PUT', path: `/api/devices/${agent.deviceId}/desired`, body })).rejects.toMatchObject({
    code: 'TWIN_INVALID',
  });
});

test('air is a curve for each quantity, thinned by averaging', async () => {
  const now = hall.clock.wallMs();
  const readings = Array.from({ length: 200 }, (_, at) =>
    event({
      type: 'vn.tramhoc.sensor.reading.v1',
      siteTimeMs: now - at * 60_000,
      data: { slot: 'air', driver: 'pms5003', measurements: [{ quantity: 'pm25', value: at }], sampleCount: 60 },
    }),
  );
  await hall.send(broker, readings);
  const day = await get<{ series: { quantity: string; unit: string; points: [number, number][] }[] }>(`/api/air?site=${siteA}&hours=1`);
  expect(day.series).toHaveLength(1);
  expect(day.series[0]).toMatchObject({ quantity: 'pm25', unit: 'µg/m³', deviceName: 'Kiosk sảnh', slot: 'air' });
  expect(day.series[0]!.points.map(([, value]) => value)).toEqual(Array.from({ length: 60 }, (_, at) => 59 - at));
  // 168 hours in at most 2,000 steps of about five minutes: several readings become one point, their mean
  const week = (await get<typeof day>(`/api/air?site=${siteA}&hours=168`)).series[0]!.points;
  expect(week.length).toBeLessThan(50);
  expect(week.map(([at]) => at)).toEqual(week.map(([at]) => at).sort((a, b) => a - b));
});

test('feedback, presence and the figures of a site', async () => {
  const feedback = { trackingCode: 'PA-7K3M-9QXP', category: 'facilities', text: 'Quạt phòng 203 hỏng', language: 'vi' };
  const presence = (online: boolean, number: number) =>
    made({
      siteId: siteA,
      deviceId: broker.deviceId,
      seq: number,
      epoch: epochB,
      type: 'vn.tramhoc.site.presence.v1',
      data: { device: agent.deviceId, online, reason: 'connected' },
    });
  await hall.send(broker, [
    event({ type: 'vn.tramhoc.kiosk.feedback.v1', data: feedback }),
    presence(true, 1),
    tapOf('14008EC793', hall.clock.wallMs()),
  ]);
  const { items } = await get<{ items: z.infer<typeof FeedbackItem>[] }>('/api/feedback');
  expect(items).toEqual([expect.objectContaining({ ...feedback, phone: null, siteId: siteA, deviceName: 'Kiosk sảnh' })]);
  const siteNow = async () => (await get<{ sites: Site[] }>('/api/sites')).sites[0]!;
  expect(await siteNow()).toMatchObject({ online: true, deviceCount: 1, onlineCount: 1, cardCount: 4 });
  expect((await siteNow()).tapsToday).toBeGreaterThanOrEqual(1);
  await hall.clock.advance(61_000);
  expect(await siteNow()).toMatchObject({ online: false, onlineCount: 0 });
  expect(await get<DeviceDetail>(`/api/devices/${agent.deviceId}`)).toMatchObject({ online: false });
});

test('a list with a fault changes nothing; sites and devices that are not there are named', async () => {
  const csv = Buffer.from('card,person,name\n0009357203,HS9,X\n');
  const answer = await hall.ask({ method: 'POST', path: `/api/sites/${siteA}/cards`, csv });
  expect(answer).toMatchObject({ imported: 0, version: 1, faults: [{ line: 2 }] });
  expect((await get<AttendanceDay>(`/api/attendance?site=${siteA}`)).rows).toHaveLength(3);
  for (const path of [`/api/attendance?site=${siteB}`, `/api/air?site=${siteB}`, '/api/devices/00000000-0000-4000-8000-000000000000'])
    await expect(get(path)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await expect(hall.site(siteA)).rejects.toMatchObject({ code: 'CONFLICT' });
});

test('lost hardware and faults of a device are counted while they are of its configuration, and gone with their slot', async () => {
  const path = `/api/devices/${agent.deviceId}`;
  const slot = (name: string, state: string) =>
    event({ type: 'vn.tramhoc.device.slot.v1', data: { slot: name, driver: 'pjlink', state, skippedBytes: 0, reopenCount: 1 } });
  const fault = (name: string, code: string, raised: boolean) =>
    event({ type: 'vn.tramhoc.asset.fault.v1', data: { slot: name, driver: 'pjlink', code, level: 'warning', raised } });
  const display = (name: string) =>
    event({ type: 'vn.tramhoc.asset.display.v1', data: { slot: name, driver: 'pjlink', state: { power: 'on', faults: [] } } });
  const wish = async (...names: string[]) => {
    const { twinView } = await get<DeviceDetail>(path);
    const drivers = Object.fromEntries(names.map((name) => [name, { kind: 'pjlink', config: { port: `tcp://${name}:1` } }]));
    await hall.ask({ method: 'PUT', path: `${path}/desired`, body: { ifVersion: twinView.desiredVersion, desired: { drivers } } });
    return drivers;
  };
  const report = (drivers: object) =>
    event({ type: 'vn.tramhoc.twin.reported.v1', data: { appliedVersion: 9, hash: 'x'.repeat(64), drivers, errors: [] } });
  const seen = async () => {
    const { slots, faults, displays, lostSlotCount, faultCount } = await get<DeviceDetail>(path);
    const { devices } = await get<{ devices: DeviceDetail[] }>('/api/devices');
    expect(devices.find(({ deviceId }) => deviceId === agent.deviceId)).toMatchObject({ lostSlotCount, faultCount });
    return {
      slots: slots.map((one) => one.slot),
      faults: faults.map((one) => one.slot),
      displays: displays.length,
      lostSlotCount,
      faultCount,
    };
  };
  const told = ['hall', 'room'].flatMap((name) => [slot(name, 'lost'), fault(name, 'FAULT_FILTER', true), display(name)]);
  await hall.send(broker, [report(await wish('hall', 'room')), ...told, fault('hall', 'FAULT_LAMP', false)]);
  expect(await seen()).toEqual({ slots: ['hall', 'room'], faults: ['hall', 'room'], displays: 2, lostSlotCount: 2, faultCount: 2 });
  // the agent was not running when the slot was taken out, so that it never said that it closed it
  await hall.send(broker, [report(await wish('hall'))]);
  expect(await seen()).toEqual({ slots: ['hall'], faults: ['hall'], displays: 1, lostSlotCount: 1, faultCount: 1 });
  await hall.send(broker, [slot('hall', 'open'), fault('hall', 'FAULT_FILTER', false)]);
  expect(await seen()).toMatchObject({ lostSlotCount: 0, faultCount: 0 });
});

test('a device page shows the computer as it was told last, its load, and which USB device nobody knows', async () => {
  const path = `/api/devices/${agent.deviceId}`;
  const place = { slot: 'may-tinh', driver: 'host' };
  const [reader, stick] = [
    { vendorId: '072f', productId: '2200', name: 'ACR122U', port: '1-2' },
    { vendorId: '0781', productId: '5567', name: 'Cruzer', port: '1-4' },
  ];
  const state = (usb: object[], pendingCount: number) => ({
    ...{ model: 'NUC', cpu: { model: 'Atom', coreCount: 4 }, memoryMiB: 8_192, disks: [], volumes: [], networks: [], printers: [] },
    ...{ os: { name: 'Debian', version: '12', kernel: '6', architecture: 'x64' }, usb },
    updates: { pendingCount, restartNeeded: false },
  });
  const computer = (usb: object[], pendingCount: number) =>
    event({ type: 'vn.tramhoc.asset.computer.v1', data: { ...place, state: state(usb, pendingCount) } });
  const usb = (change: string, device: object, known: boolean) =>
    event({ type: 'vn.tramhoc.asset.usb.v1', data: { ...place, change, device, known } });
  const [first, last] = [computer([reader], 0), computer([reader, stick], 3)];
  const { twinView } = await get<DeviceDetail>(path);
  const desired = { drivers: { 'may-tinh': { kind: 'host', config: {} } } };
  await hall.ask({ method: 'PUT', path: `${path}/desired`, body: { ifVersion: twinView.desiredVersion, desired } });
  // an older one that comes late does not win
  await hall.send(broker, [last]);
  await hall.send(broker, [first]);
  expect((await get<DeviceDetail>(path)).computers).toMatchObject([
    { slot: 'may-tinh', load: null, state: { updates: { pendingCount: 3 } } },
  ]);
  await hall.send(broker, [
    usb('plugged', stick, false),
    event({ type: 'vn.tramhoc.asset.computer-load.v1', data: { ...place, load: { cpuPct: 8, memoryUsedPct: 40 }, sampleCount: 15 } }),
  ]);
  const [shown] = (await get<DeviceDetail>(path)).computers;
  expect(shown!.load!.load).toEqual({ cpuPct: 8, memoryUsedPct: 40 });
  expect(shown!.usb).toEqual([
    { ...reader, known: true, sinceMs: null },
    { ...stick, known: false, sinceMs: expect.any(Number) as number },
  ]);
  await hall.send(broker, [usb('unplugged', stick, false), usb('plugged', stick, true)]);
  expect((await get<DeviceDetail>(path)).computers[0]!.usb.map(({ known }) => known)).toEqual([true, true]);
});
