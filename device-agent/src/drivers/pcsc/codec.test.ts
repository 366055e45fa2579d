import fc from 'fast-check';
import { expect, test } from 'vitest';
import { getUid, setBeep, technologyOf, uidIn } from './codec.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text.replaceAll(' ', ''), 'hex');

test('the card is asked as the manuals say', () => {
  // ACM1281U-C7 and ACR1283L manuals
  expect(Buffer.from(getUid).toString('hex')).toBe('ffca000000');
  expect([setBeep('off'), setBeep('on')].map((command) => Buffer.from(command).toString('hex'))).toEqual(['ff00520000', 'ff0052ff00']);
});

test.each([
  // Prox-DU manual, page 101: MIFARE Standard 1K and 4K
  ['3b8f8001804f0ca000000306030001000000006a', 'iso14443'],
  ['3b8f8001804f0ca0000003060300020000000069', 'iso14443'],
  // the same with the standard of ISO 15693 part 3 and the name of I-Code (PC/SC part 3, supplement), check byte worked out
  ['3b8f8001804f0ca0000003060b00140000000077', 'iso15693'],
  // FeliCa: neither
  ['3b8f8001804f0ca00000030611003b0000000042', 'other'],
  // ACR1283L manual: DESFire, and EZ-Link, both with a processor
  ['3b8180018080', 'iso14443'],
  ['3b8880011c2d9411f7718500be', 'iso14443'],
  // the check byte is wrong: it says nothing
  ['3b8f8001804f0ca0000003060b00140000000001', 'iso14443'],
  ['', 'iso14443'],
])('the answer to reset %s is of a card of %s', (atr, technology) => expect(technologyOf(bytes(atr))).toBe(technology));

test('numbers come out as they are written on cards', () => {
  expect(uidIn(bytes('04A1B2C3D4E5F6 9000'), 'iso14443')).toEqual({ uid: '04A1B2C3D4E5F6', technology: 'iso14443' });
  expect(uidIn(bytes('5C1D7A33 9000'), 'iso14443')).toEqual({ uid: '5C1D7A33', technology: 'iso14443' });
  // an ISO 15693 number begins with E0, over the air it ends with it
  expect(uidIn(bytes('A7273F00010104E0 9000'), 'iso15693')).toEqual({
    uid: 'E0040101003F27A7',
    technology: 'iso15693',
  });
  expect(uidIn(bytes('E0040101003F27A7 9000'), 'iso14443')).toEqual({ uid: 'E0040101003F27A7', technology: 'iso15693' });
});

test('a telephone, a chip card and noise are nobody', () => {
  expect(uidIn(bytes('08A1B2C3 9000'), 'iso14443')).toEqual({ random: true });
  expect(uidIn(bytes('6A81'), 'iso14443')).toEqual({ refused: '6A81' });
  expect(uidIn(bytes('6300'), 'iso14443')).toEqual({ refused: '6300' });
  for (const noise of ['', '90', '9000', 'A1B2 9000', `${'00'.repeat(11)}9000`])
    expect([noise, uidIn(bytes(noise), 'iso14443')]).toEqual([noise, undefined]);
});

test('any bytes whatever are judged without harm', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.constantFrom('iso14443' as const, 'iso15693' as const), (noise, technology) => {
      expect(['iso14443', 'iso15693', 'other']).toContain(technologyOf(noise));
      const answer = uidIn(noise, technology);
      if (answer !== undefined && 'uid' in answer) expect(answer.uid.length).toBe((noise.length - 2) * 2);
    }),
  );
});

test('one damaged byte of an answer to reset makes no tag of another standard of it', () => {
  const atr = bytes('3b8f8001804f0ca0000003060b00140000000077');
  for (let at = 1; at < atr.length; at += 1)
    for (let flip = 1; flip < 256; flip += 1) {
      const damaged = Uint8Array.from(atr);
      damaged[at]! ^= flip;
      expect(technologyOf(damaged)).toBe('iso14443');
    }
});
