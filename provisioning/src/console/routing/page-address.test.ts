import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Page, readAddress, writeAddress } from './page-address.ts';

const read = (address: string) => readAddress(new URL(address, 'http://console'));

test('each page has an address that leads back to it', () => {
  const plain = (['sites', 'devices', 'enrolment', 'attendance', 'air', 'events', 'feedback', 'tokens'] as const).map(
    (page): Page => ({ page }),
  );
  for (const page of plain) expect(read(writeAddress(page)).page).toEqual(page);
  fc.assert(
    fc.property(
      fc.string({ minLength: 1 }).filter((id) => !/^\.{1,2}$/.test(id)),
      (id) => {
        expect(read(writeAddress({ page: 'device', deviceId: id })).page).toEqual({ page: 'device', deviceId: id });
      },
    ),
  );
});

test('filters travel in the address, empty ones do not', () => {
  const address = writeAddress({ page: 'attendance' }, { site: 'thpt-nguyen-du', q: 'Đào & Mai', date: '', show: undefined });
  expect(address).toBe('/attendance?site=thpt-nguyen-du&q=%C4%90%C3%A0o+%26+Mai');
  expect(read(address).search).toEqual({ site: 'thpt-nguyen-du', q: 'Đào & Mai' });
});

test('the link and the QR code on a device’s screen open enrolment with the code', () => {
  expect(read('/enrol?code=BCD-FGH-JKX')).toEqual({ page: { page: 'enrolment' }, search: { code: 'BCD-FGH-JKX' } });
  expect(read('/?code=BCD-FGH-JKX').page).toEqual({ page: 'enrolment' });
});

test('a strange address is a page of its own, never a crash', () => {
  expect(read('/').page).toEqual({ page: 'sites' });
  expect(read('/sites/a/b').page).toEqual({ page: 'unknown' });
  expect(read('/devices/%E0%A4%A').page).toEqual({ page: 'device', deviceId: '%E0%A4%A' });
  expect(read('/nothing').page).toEqual({ page: 'unknown' });
});
