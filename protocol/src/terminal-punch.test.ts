import { expect, test } from 'vitest';
import { checkEvent } from './event.ts';
import { pinNumber } from './terminal-punch.ts';

test('one person has one number however a terminal writes the PIN', () => {
  for (const written of ['1023', '001023', ' 1023 ']) expect(pinNumber(written)).toBe('PIN:1023');
  expect([pinNumber('ab12'), pinNumber('AB12')]).toEqual(['PIN:AB12', 'PIN:AB12']);
});

test('nobody, and what is no PIN, has no number', () => {
  for (const written of ['', '0', '000', 'a b', '1'.repeat(25), 'PIN:1', '-1', '1\t2'])
    expect([written, pinNumber(written)]).toEqual([written, undefined]);
});

test('a punch as an agent makes it is an attendance tap; its time must name its zone', () => {
  const terminal = { serial: '0316144680030', time: '2026-11-23T06:58:12+07:00', verify: 'finger', direction: 'in' };
  const tap = (more: object) =>
    checkEvent({
      specversion: '1.0',
      id: '7d9f2c1e-5a44-8c39-9b1a-3f0d7c6b5a41',
      source: 'urn:tramhoc:thpt-demo:0b6f3f0e-8b1f-4a53-9d35-0a7b7f1f2c3d',
      type: 'vn.tramhoc.attendance.tap.v1',
      time: '2026-11-23T06:58:12.123Z',
      datacontenttype: 'application/json',
      ...{ epoch: '0123456789abcdef', seq: 1, bootid: '9a1c2b3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d', monons: '1', clockquality: 'site' },
      data: { slot: 'gate', cardHash: 'ab'.repeat(32), technology: 'terminal', terminal: { ...terminal, ...more } },
    });
  expect(tap({})).toMatchObject({ ok: true });
  for (const wrong of [{ time: '2026-11-23T06:58:12' }, { serial: '' }, { verify: 'smell' }, { pin: '1023' }])
    expect(tap(wrong)).toMatchObject({ ok: false });
});
