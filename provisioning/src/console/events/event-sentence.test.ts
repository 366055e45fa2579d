import { eventTypes } from '@tramhoc/protocol/event';
import { expect, test } from 'vitest';
import type { StoredEvent } from '../../api/contract.ts';
import { type Feed, maxKeptEvents, withEvents } from './event-feed.ts';
import { en } from './event-messages.en.ts';
import { vi } from './event-messages.vi.ts';
import { eventSentence } from './event-sentence.ts';

type Told = Pick<StoredEvent, 'type' | 'data' | 'person'>;
const device = '00000000-0000-4000-8000-00000000000a';
const tap = { slot: 'cong', cardHash: 'a'.repeat(64), technology: 'em4100' };
const say = (type: string, data: Record<string, unknown>, person: Told['person'] = null, language: 'vi' | 'en' = 'vi') =>
  eventSentence(
    { type: `vn.tramhoc.${type}.v1`, data, person },
    {
      ...{ language, deviceName: () => 'Cổng chính' },
      driverTitle: (kind) => (kind === 'pjlink' ? { vi: 'Máy chiếu, màn hình (PJLink)', en: 'Projectors (PJLink)' }[language] : undefined),
    },
  );

test('a tap names the pupil and the class, an unknown card is said to be one', () => {
  const person = { personId: 'HS-1', name: 'Nguyễn Thị An', group: '10A1' };
  expect(say('attendance.tap', tap, person)).toEqual({ tone: 'ok', text: 'Chạm thẻ: Nguyễn Thị An (10A1), tại cong' });
  expect(say('attendance.tap', tap, person, 'en').text).toBe('Card tap: Nguyễn Thị An (10A1), at cong');
  expect(say('attendance.tap', tap)).toEqual({ tone: 'warn', text: 'Chạm thẻ: thẻ chưa đăng ký, tại cong' });
});

test('a punch says when the terminal saw the person, and whether they came or went', () => {
  const punch = (direction: string) => ({
    ...tap,
    technology: 'terminal',
    terminal: { serial: '0316144680030', time: '2026-11-20T06:58:12+07:00', verify: 'finger', direction },
  });
  const person = { personId: 'HS-1', name: 'Nguyễn Thị An', group: '10A1' };
  expect(say('attendance.tap', punch('in'), person).text).toBe('Chấm công: Nguyễn Thị An (10A1), lúc 06:58 20/11/2026, vào, tại cong');
  expect(say('attendance.tap', punch('unknown'), null, 'en').text).toBe('Attendance terminal: unknown card, 06:58 20/11/2026, at cong');
});

test('a reading names each value, and a unit once', () => {
  const measurements = [
    { quantity: 'pm1', value: 9.54 },
    { quantity: 'pm25', value: 18 },
    { quantity: 'temperatureC', value: 28.4 },
  ];
  expect(say('sensor.reading', { slot: 'air', driver: 'pms5003', measurements, sampleCount: 5 }).text).toBe(
    'Số đo: PM1 9,5 · PM2.5 18 µg/m³ · Nhiệt độ 28,4 °C',
  );
});

test('library items that come, go and pass are counted', () => {
  const item = { uid: 'E00401003F3827A7', technology: 'iso15693' };
  const pad = { slot: 'ban-doc', driver: 'feig-obid', mode: 'in-field', arrived: [item], left: ['E00401003F382624'], presentCount: 5 };
  expect(say('library.items-seen', pad).text).toBe('Tài liệu thư viện: đặt 1, lấy 1, đang có 5, tại ban-doc');
  expect(say('library.items-seen', { ...pad, left: [] }, null, 'en').text).toBe('Library items: 1 put down, 5 there now, at ban-doc');
  const gate = { slot: 'cong', driver: 'llrp', mode: 'passed', arrived: [item, item], left: [] };
  expect(say('library.items-seen', gate).text).toBe('2 tài liệu thư viện qua cổng cong');
});

test('hardware is named by the title of its driver, and what happened to it is told in the language of the screen', () => {
  const lost = { slot: 'chieu-2', driver: 'pjlink', state: 'lost', skippedBytes: 0, reopenCount: 1 };
  const told = { ...lost, code: 'DRIVER_PORT_UNAVAILABLE', message: 'tcp://10.0.0.9:4352: the connection was refused; check the address' };
  expect(say('device.slot', told).text).toBe(
    'Mất kết nối với chieu-2 (Máy chiếu, màn hình): Không mở được cổng. Kiểm tra dây nối, nguồn và tên cổng.',
  );
  expect(say('device.slot', told, null, 'en').text).toBe(`Lost chieu-2 (Projectors): ${told.message}`);
  expect(say('device.slot', { ...lost, driver: 'moi' }).text).toBe('Mất kết nối với chieu-2 (moi)');
});

test('what went wrong stands out', () => {
  expect(say('device.slot', { slot: 'air', driver: 'pms5003', state: 'lost', skippedBytes: 0, reopenCount: 0 }).tone).toBe('bad');
  expect(say('twin.reported', { appliedVersion: 4, hash: '', drivers: {}, errors: [{ key: 'a', code: 'B', message: 'c' }] })).toEqual({
    tone: 'bad',
    text: 'Cấu hình bản 4: từ chối 1 giá trị',
  });
  expect(say('site.presence', { device, online: false, reason: 'lost' })).toEqual({ tone: 'bad', text: 'Cổng chính: mất kết nối' });
});

test('data of a newer device than this page knows falls back to the name of its type', () => {
  expect(say('attendance.tap', { slot: 'cong', iris: true }).text).toBe('Chạm thẻ');
  expect(say('lab.gas', { ppm: 3 }).text).toBe('vn.tramhoc.lab.gas.v1');
});

test('every event type has a name in both languages', () => {
  for (const type of eventTypes) expect([vi.types[type], en.types[type]]).toEqual([expect.any(String), expect.any(String)]);
});

const event = (position: number) => ({ position }) as StoredEvent;
test('live events come in front, each once, and the list stays within its limit', () => {
  const feed: Feed = { events: [event(5), event(4)], more: false };
  expect(withEvents(feed, [event(7), event(5), event(6)]).events.map(({ position }) => position)).toEqual([7, 6, 5, 4]);
  expect(withEvents(feed, [event(4)])).toBe(feed);
  const many = withEvents(
    feed,
    Array.from({ length: 2_000 }, (_, at) => event(at + 10)),
  );
  expect(many.events).toHaveLength(maxKeptEvents);
  expect(many.more).toBe(true);
});
