/** What a device says of its hardware, and a search for it, from the button to the list: over the real API and the real devices' listener. */
import { commandLifeMs } from '@tramhoc/protocol/command';
import type { EnrolmentGrant } from '@tramhoc/protocol/enrolment';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DeviceDetail, DeviceScan } from '../api/contract.ts';
import { type Enrolled, siteA, type TestCentre, testCentre } from '../testing/test-centre.ts';
import { epochB, type Made, made } from '../testing/test-events.ts';

let hall: TestCentre;
let broker: Enrolled;
let agent: Enrolled & { grant: EnrolmentGrant };
let seq = 0;
let brokerSeq = 0;
beforeAll(async () => {
  hall = await testCentre();
  broker = await hall.broker();
  agent = await hall.agent();
});
afterAll(() => hall.stop());

const event = (more: Partial<Made>) =>
  made({ siteId: siteA, deviceId: agent.deviceId, seq: ++seq, siteTimeMs: hall.clock.wallMs(), ...more });
const isThere = (online: boolean) =>
  hall.send(broker, [
    event({
      ...{ deviceId: broker.deviceId, seq: ++brokerSeq, epoch: epochB, type: 'vn.tramhoc.site.presence.v1' },
      data: { device: agent.deviceId, online, reason: online ? 'connected' : 'lost' },
    }),
  ]);
const askScan = () =>
  hall.ask({ method: 'POST', path: `/api/devices/${agent.deviceId}/scan`, body: { modbus: true } }) as Promise<DeviceScan>;
const detail = () => hall.ask({ method: 'GET', path: `/api/devices/${agent.deviceId}` }) as Promise<DeviceDetail>;
const told = (scanId: string, state: 'began' | 'done', ports: object[] = []) =>
  hall.send(broker, [event({ type: 'vn.tramhoc.device.scan.v1', data: { scanId, state, ports, more: 0 } })]);

test('a device that is away is not asked: it is done now or not at all', async () => {
  await expect(askScan()).rejects.toMatchObject({ code: 'CONFLICT' });
  expect((await detail()).scan).toBe(null);
});

test('a search goes to the site once, is followed from beginning to end, and a second one waits', async () => {
  await isThere(true);
  const { scanId, state } = await askScan();
  expect(state).toBe('asked');
  const changes = await hall.desired(broker, 0);
  expect(changes.commands).toEqual([{ device: agent.deviceId, command: { do: 'scan', scanId, modbus: true } }]);
  await expect(askScan()).rejects.toMatchObject({ code: 'CONFLICT' });
  await told(scanId, 'began');
  expect((await detail()).scan).toMatchObject({ scanId, state: 'began', ports: [] });
  const port = { port: '/dev/ttyUSB0', state: 'found', kind: 'mhz19', evidence: 'answers', config: {} };
  await told(scanId, 'done', [port]);
  // an event that was overtaken on its way
  await told(scanId, 'began');
  expect((await detail()).scan).toMatchObject({ scanId, state: 'done', ports: [port] });
});

test('a site that was away gets no old command, and a search without an answer is given up', async () => {
  const { cursor } = await hall.desired(broker, 0);
  const { scanId } = await askScan();
  await hall.clock.advance(commandLifeMs + 1_000);
  expect((await hall.desired(broker, cursor)).commands).toBe(undefined);
  await hall.clock.advance(3 * 60_000);
  expect((await detail()).scan).toMatchObject({ scanId, state: 'lost' });
  // it comes very late, but it comes
  await told(scanId, 'done');
  expect((await detail()).scan).toMatchObject({ scanId, state: 'done' });
});

test('another device cannot fill in the list', async () => {
  const other = await hall.agent(siteA, 'Other');
  const { scanId } = (await detail()).scan!;
  const foreign = made({
    ...{ siteId: siteA, deviceId: other.deviceId, seq: 1, type: 'vn.tramhoc.device.scan.v1' },
    data: { scanId, state: 'done', ports: [{ port: '/dev/x', state: 'silent' }], more: 0 },
  });
  await hall.send(broker, [foreign]);
  expect((await detail()).scan!.ports).toEqual([]);
});

test('faults are shown from when they came until they go, the worse ones first', async () => {
  const fault = (code: string, level: string, raised: boolean) =>
    event({ type: 'vn.tramhoc.asset.fault.v1', data: { slot: 'board', driver: 'pjlink', code, level, raised } });
  await hall.send(broker, [fault('FAULT_FILTER', 'warning', true), fault('FAULT_FAN', 'error', true)]);
  expect((await detail()).faults.map(({ slot, code, level }) => [slot, code, level])).toEqual([
    ['board', 'FAULT_FAN', 'error'],
    ['board', 'FAULT_FILTER', 'warning'],
  ]);
  await hall.send(broker, [fault('FAULT_FAN', 'error', false)]);
  expect((await detail()).faults.map(({ code }) => code)).toEqual(['FAULT_FILTER']);
});

test('the health of a slot: since when, the last frame, what was missed', async () => {
  const nowMs = hall.clock.wallMs();
  const slot = { slot: 'air', driver: 'mhz19', state: 'open', skippedBytes: 3, reopenCount: 1 };
  await hall.send(broker, [
    event({ type: 'vn.tramhoc.device.slot.v1', data: { ...slot, timeoutCount: 4, stateMs: 60_000, lastFrameAgoMs: 5_000 } }),
  ]);
  expect((await detail()).slots).toContainEqual({
    ...{ ...slot, sinceMs: nowMs - 60_000, timeoutCount: 4, lastFrameMs: nowMs - 5_000, code: null, message: null },
  });
});
