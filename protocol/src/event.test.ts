import { expect, test } from 'vitest';
import { checkEvent } from './event.ts';

const tap = {
  specversion: '1.0',
  id: '7d9f2c1e-5a44-4c39-9b1a-3f0d7c6b5a41',
  source: 'urn:tramhoc:thpt-demo:0b6f3f0e-8b1f-4a53-9d35-0a7b7f1f2c3d',
  type: 'vn.tramhoc.attendance.tap.v1',
  time: '2026-11-23T06:58:12.123Z',
  datacontenttype: 'application/json',
  epoch: '0123456789abcdef',
  seq: 1,
  bootid: '9a1c2b3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d',
  monons: '123456789',
  clockquality: 'site',
  data: { slot: 'gate', cardHash: 'ab'.repeat(32), technology: 'em4100' },
};

test('a tap as an agent makes it is understood', () => expect(checkEvent(tap)).toMatchObject({ ok: true }));

test('a fault names the field, never its value', () => {
  const check = checkEvent({ ...tap, data: { ...tap.data, cardHash: '008EC793' } });
  expect(check).toEqual({ ok: false, reason: 'data: cardHash: 64 lower-case hex digits' });
});

test('a fact of a newer version passes through an older broker', () => {
  expect(checkEvent({ ...tap, type: 'vn.tramhoc.attendance.tap.v2', data: { anything: 1 } })).toMatchObject({ ok: true });
});

test.each([
  ['no source', { source: undefined }],
  ['a source of nobody', { source: 'urn:tramhoc:x' }],
  ['seq 0', { seq: 0 }],
  ['a seq that is no number', { seq: '1' }],
  ['a time without a zone', { time: '2026-11-23T06:58:12' }],
  ['data that is text', { data: 'x' }],
])('%s is refused', (_what, change) => expect(checkEvent({ ...tap, ...change }).ok).toBe(false));
