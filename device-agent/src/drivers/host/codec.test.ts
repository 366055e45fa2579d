import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decode, decodeQuestion, encodeAnswer, encodeQuestion, type HostAnswer, maxMessageBytes } from './codec.ts';

const usb: HostAnswer = { told: 'usb', devices: [{ vendorId: '1a86', productId: '7523', name: 'USB Serial', port: '2-1' }] };

test('what is encoded is decoded', () => {
  for (const question of ['state', 'usb', 'load'] as const) expect(decodeQuestion(encodeQuestion(question))).toBe(question);
  expect(decode(encodeAnswer(usb))).toEqual(usb);
  expect(decode(encodeAnswer({ told: 'load', load: { cpuPct: 3, memoryUsedPct: 40 } }))).toEqual({
    told: 'load',
    load: { cpuPct: 3, memoryUsedPct: 40 },
  });
});

test('an answer that does not keep the contract is none', () => {
  const text = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
  expect(decode(text({ ...usb, devices: [{ ...(usb.told === 'usb' && usb.devices[0]), serial: '0815' }] }))).toBe(undefined);
  expect(decode(text({ told: 'load', load: { cpuPct: 101, memoryUsedPct: 1 } }))).toBe(undefined);
  expect(
    decode(
      text({
        told: 'usb',
        devices: Array.from({ length: 33 }, (_, n) => ({ vendorId: '0000', productId: '0000', name: '', port: `${n}` })),
      }),
    ),
  ).toBe(undefined);
  expect(decode(new Uint8Array(maxMessageBytes + 1).fill(0x20))).toBe(undefined);
});

test('any bytes whatever, and an answer with any byte damaged, are judged without harm', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (noise) => {
      decode(noise);
      decodeQuestion(noise);
    }),
  );
  const sent = encodeAnswer(usb);
  fc.assert(
    fc.property(fc.nat(sent.length - 1), fc.integer({ min: 1, max: 255 }), (where, flip) => {
      const damaged = Uint8Array.from(sent);
      damaged[where]! ^= flip;
      const answer = decode(damaged);
      if (answer?.told === 'usb') expect(answer.devices.length).toBe(1);
    }),
  );
});
