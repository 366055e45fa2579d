import { expect, test } from 'vitest';
import type { DeviceDetail } from '../../api/contract.ts';
import { draftOf, draftText, readDraft, restoredDraft, withNewSlot, withValues } from './config-draft.ts';
import { draftStore } from './draft-store.ts';
import { formFields } from './slot-form-model.ts';

const driverKinds: DeviceDetail['driverKinds'] = [
  {
    kind: 'pjlink',
    title: { vi: 'Máy chiếu', en: 'Projector' },
    configSchema: {
      type: 'object',
      required: ['port'],
      properties: {
        port: { type: 'string' },
        offset: { type: 'number', default: 0 },
        everyS: { type: 'integer', default: 60 },
        password: { type: 'string', secret: true },
      },
    },
  },
];
const device = (desiredVersion: number, config: Record<string, unknown> = { port: 'tcp://a:1', password: 'cũ' }) =>
  ({ driverKinds, twinView: { desiredVersion, desired: { drivers: { chieu: { kind: 'pjlink', config } } } } }) as unknown as DeviceDetail;
const edited = (values: Record<string, string>) => {
  const draft = draftOf(device(3), 'vi');
  const slot = draft.slots['chieu']!;
  return { ...draft, slots: { chieu: withValues(slot, { ...slot.values, ...values }) } };
};

test('a draft comes back after a reload as it was left, also in the other language', () => {
  const draft = edited({ offset: '1,125', everyS: '3.600' });
  const text = draftText(draft, driverKinds, 'vi');
  expect(restoredDraft(text, device(3), 'vi')).toEqual(draft);
  const english = restoredDraft(text, device(3), 'en')!;
  expect(english.slots['chieu']!.values).toMatchObject({ offset: '1.125', everyS: '3600' });
  expect(readDraft(english, driverKinds, 'en')).toEqual(readDraft(draft, driverKinds, 'vi'));
});

test('secrets are stored nowhere; one that was typed has to be typed again before anything is applied', () => {
  const text = draftText(edited({ everyS: '30', password: 'rất mật' }), driverKinds, 'vi');
  expect(text).not.toMatch(/mật|cũ/);
  const restored = restoredDraft(text, device(3), 'vi')!;
  expect(restored.slots['chieu']!.values).toMatchObject({ everyS: '30', password: 'cũ' });
  expect(readDraft(restored, driverKinds, 'vi')).toEqual({ drivers: {}, faults: { chieu: { password: 'retype' } } });
  // and it is still missing after a second reload
  expect(restoredDraft(draftText(restored, driverKinds, 'vi'), device(3), 'vi')).toEqual(restored);
  const slot = restored.slots['chieu']!;
  const again = { ...restored, slots: { chieu: withValues(slot, { ...slot.values, password: 'rất mật' }) } };
  expect(readDraft(again, driverKinds, 'vi')).toEqual({
    drivers: { chieu: { kind: 'pjlink', config: { port: 'tcp://a:1', everyS: 30, password: 'rất mật' } } },
    faults: {},
  });
});

test('a draft of an older version stays of that version; added and removed slots come back', () => {
  const draft = withNewSlot(edited({}), { slot: 'moi', kind: 'pjlink', fields: [], config: {} });
  const left = { ...draft, slots: { ...draft.slots, chieu: { ...draft.slots['chieu']!, removed: true } } };
  const restored = restoredDraft(draftText(left, driverKinds, 'vi'), device(4), 'vi')!;
  expect(restored.version).toBe(3);
  expect(restored.slots).toMatchObject({ chieu: { removed: true }, moi: { kind: 'pjlink', before: {}, removed: false } });
  expect(restoredDraft('{"version":"x"}', device(3), 'vi')).toBeUndefined();
  expect(restoredDraft('not json', device(3), 'vi')).toBeUndefined();
});

test('drafts outlive a reload in the tab’s storage, and are gone when the person leaves; without storage they stay in memory', () => {
  const items = new Map<string, string>([['other', 'x']]);
  const storage = new Proxy({} as Storage, {
    get: (_, name) =>
      ({
        getItem: (key: string) => items.get(key) ?? null,
        setItem: (key: string, value: string) => void items.set(key, value),
        removeItem: (key: string) => void items.delete(key),
      })[name as 'getItem'],
    ownKeys: () => [...items.keys()],
    getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true }),
  });
  const draft = edited({ everyS: '30' });
  const kept = { draft, text: draftText(draft, driverKinds, 'vi') };
  const restore = (text: string) => restoredDraft(text, device(3), 'vi');
  const store = draftStore(storage);
  store.write('admin a', kept);
  expect(store.read('admin a', restore)).toBe(draft);
  expect(store.read('other a', restore)).toBeUndefined();
  expect(draftStore(storage).read('admin a', restore)).toEqual(draft);
  store.clear();
  expect([store.read('admin a', restore), [...items.keys()]]).toEqual([undefined, ['other']]);
  store.write('admin a', kept);
  store.write('admin a', undefined);
  expect([store.read('admin a', restore), [...items.keys()]]).toEqual([undefined, ['other']]);
  const memory = draftStore(undefined);
  memory.write('admin a', kept);
  expect(memory.read('admin a', restore)).toBe(draft);
});

test('a port that another slot has, or that is no port at all, is told before anything is sent', () => {
  const draft = edited({});
  const fields = formFields(driverKinds[0]!.configSchema, 'vi');
  const add = (port: string) => withNewSlot(draft, { slot: 'an', kind: 'pjlink', fields, config: { port } });
  const faults = (port: string) => readDraft(add(port), driverKinds, 'vi').faults;
  // the slot that runs there keeps it, although the other one comes first by its name
  expect(faults('TCP://a:1 ')).toEqual({ an: { port: { takenBy: 'chieu' } } });
  expect(faults('sai dia chi')).toEqual({ an: { port: 'pattern' } });
  expect(faults('192.168.1.40')).toEqual({ an: { port: 'pattern' } });
  for (const port of ['tcp://b:1', '/dev/ttyUSB0', 'COM3', 'hid:04d9:a052', 'pcsc:ACR122U PICC 01', 'host:'])
    expect(faults(port)).toEqual({});
  const taken = add('tcp://a:1');
  const removed = { ...taken, slots: { ...taken.slots, chieu: { ...taken.slots['chieu']!, removed: true } } };
  expect(readDraft(removed, driverKinds, 'vi').faults).toEqual({});
});
