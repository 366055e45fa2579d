import { errorCodes } from '@tramhoc/protocol/errors';
import { expect, test } from 'vitest';
import type { Device, TwinView } from '../../api/contract.ts';
import { changedSlots, compareTwin, errorPlace, hasDrift } from './compare-twin.ts';
import { draftOf, readDraft, withNewSlot } from './config-draft.ts';
import { filterDevices } from './device-list.ts';
import { explainedCodes, hardwareFault } from './hardware-fault.ts';

const kinds = [
  {
    kind: 'rdm6300',
    title: { vi: 'Đầu đọc', en: 'Reader' },
    configSchema: {
      type: 'object',
      required: ['port'],
      properties: {
        port: { type: 'string' },
        checksum: { type: 'string', enum: ['xor', 'sum'], default: 'xor' },
        pin: { type: 'string', secret: true },
      },
    },
  },
];
const gate = (config: Record<string, unknown>) => ({ gate: { kind: 'rdm6300', config } });
const view = (desired: object, reported: object | null, errors: TwinView['errors'] = []) =>
  ({
    ...{ desiredVersion: 3, desiredMs: 1, reportedVersion: 3, reportedMs: 2, errors },
    ...{ desired: { drivers: desired }, reported: reported === null ? null : { drivers: reported } },
  }) as TwinView;
const rowsOf = (twin: TwinView) => compareTwin(twin, kinds).flatMap(({ rows }) => rows.map(({ key, drift }) => `${key} ${drift}`));

test('a default that the device filled in is no drift', () => {
  const twin = view(gate({ port: '/dev/a' }), gate({ port: '/dev/a', checksum: 'xor' }));
  expect(rowsOf(twin)).toEqual(['port same', 'checksum default']);
  expect(hasDrift(compareTwin(twin, kinds))).toBe(false);
});

test('other, missing and left-over values are told apart', () => {
  expect(rowsOf(view(gate({ port: '/dev/a', checksum: 'sum' }), gate({ port: '/dev/b', speed: 1 })))).toEqual([
    'port changed',
    'checksum missing',
    'speed extra',
  ]);
  expect(hasDrift(compareTwin(view(gate({ port: '/dev/a' }), null), kinds))).toBe(true);
  const left = compareTwin(view({}, gate({ port: '/dev/a' })), kinds);
  expect(left).toMatchObject([{ slot: 'gate', desiredKind: undefined, reportedKind: 'rdm6300', rows: [{ drift: 'extra' }] }]);
});

test('a secret is never called different: devices keep it out of their reports', () => {
  expect(rowsOf(view(gate({ port: '/dev/a', pin: '1234' }), gate({ port: '/dev/a' })))).toEqual(['port same', 'pin same']);
});

test('a refused key carries what the device said; a fault of a whole slot stands with the slot', () => {
  const errors = [
    { key: 'drivers.gate.config.port', code: 'DRIVER_PORT_UNAVAILABLE', message: 'no such file' },
    { key: 'drivers.gate.kind', code: 'DRIVER_UNKNOWN', message: 'not here' },
  ];
  const [slot] = compareTwin(view(gate({ port: '/dev/a' }), null, errors), kinds);
  expect(slot!.rows[0]!.error).toEqual(errors[0]);
  expect(slot!.errors).toEqual([errors[1]]);
  expect(errorPlace('gate.port')).toEqual({ slot: 'gate', key: 'port' });
});

const device = (twinView: TwinView) => ({ twinView, driverKinds: kinds });
test('a draft that nobody touched changes nothing; an added, changed and removed slot is listed', () => {
  const twin = view({ ...gate({ port: '/dev/a' }), old: { kind: 'rdm6300', config: { port: '/dev/o' } } }, null);
  const draft = draftOf(device(twin), 'vi');
  expect(changedSlots(draft.base, readDraft(draft, kinds, 'vi').drivers)).toEqual([]);
  const edited = {
    ...withNewSlot(draft, { slot: 'new', kind: 'rdm6300', fields: [] }),
  };
  edited.slots = {
    ...edited.slots,
    gate: { ...edited.slots['gate']!, values: { ...edited.slots['gate']!.values, checksum: 'sum' } },
    old: { ...edited.slots['old']!, removed: true },
    new: { ...edited.slots['new']!, values: { port: '/dev/n' } },
  };
  expect(changedSlots(edited.base, readDraft(edited, kinds, 'vi').drivers)).toEqual([
    { slot: 'gate', what: 'changed', keys: ['checksum'] },
    { slot: 'new', what: 'added', keys: ['port'] },
    { slot: 'old', what: 'removed', keys: [] },
  ]);
});

test('a slot with a wrong field is held back and named', () => {
  const draft = withNewSlot(draftOf(device(view({}, null)), 'vi'), { slot: 'gate', kind: 'rdm6300', fields: [] });
  expect(readDraft(draft, kinds, 'vi')).toEqual({ drivers: {}, faults: { gate: { port: 'required' } } });
});

test('hardware faults are explained in Vietnamese with the device’s own sentence as detail', () => {
  const fault = { code: 'DRIVER_TIMEOUT', message: 'no answer within 2 s' };
  expect(hardwareFault(fault, 'vi')).toMatchObject({ text: expect.stringContaining('không trả lời'), detail: 'no answer within 2 s' });
  expect(hardwareFault(fault, 'en')).toEqual({ text: 'no answer within 2 s', detail: undefined });
  for (const code of explainedCodes) expect(errorCodes).toContain(code);
});

test('filters find what somebody has to look at', () => {
  const one = (name: string, more: Partial<Device>) =>
    ({
      name,
      model: '',
      serial: '',
      siteId: 'a',
      deviceId: name,
      state: 'active',
      online: true,
      twin: 'converged',
      clockQuality: 'site',
      certificateNotAfterMs: 1e15,
      lostSlotCount: 0,
      faultCount: 0,
      ...more,
    }) as Device;
  const devices = [
    one('Cổng', {}),
    one('Phòng', { online: false }),
    one('Kho', { twin: 'refused' }),
    one('Sân', { lostSlotCount: 1 }),
    one('Xưởng', { faultCount: 1 }),
    one('Cũ', { state: 'revoked', online: false }),
  ];
  const found = (state: Parameters<typeof filterDevices>[1]['state'], query = '') =>
    filterDevices(devices, { query, state, siteId: '', nowMs: 0 }).map(({ name }) => name);
  expect(found('attention')).toEqual(['Kho', 'Phòng', 'Sân', 'Xưởng']);
  expect(found('offline')).toEqual(['Phòng']);
  expect(found('revoked')).toEqual(['Cũ']);
  expect(found('all', 'cong')).toEqual(['Cổng']);
});
