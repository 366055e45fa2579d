import { systemClock } from '@tramhoc/base/clock';
import { maxMqttPayloadBytes } from '@tramhoc/protocol/limits';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { makeTestFolder } from '../testing/test-site.ts';
import { admitPayload } from './admit.ts';

const made = makeTestFolder({ clock: systemClock() });
afterAll(() => made.remove());
const device = made.device(() => 0);
const stranger = made.device(() => 0);
const admit = (value: unknown) => admitPayload(Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)), device.owner);
const codes = (value: unknown) => admit(value).refused.map(({ code }) => code);

test('good events of a batch are admitted although others in it are not', () => {
  const admission = admit([device.event(), device.event({ data: { slot: 'gate' } }), device.event(), 'rubbish']);
  expect(admission.events.map(({ event }) => event.seq)).toEqual([1, 3]);
  expect(admission.refused.map(({ code }) => code)).toEqual(['EVENT_INVALID', 'EVENT_INVALID']);
  // its seq counts as arrived, or it would be reported missing
  expect(admission.refused[0]!.place).toEqual({ epoch: device.epoch, seq: 2 });
});

test('an event of a type from the future passes, with the fields that this version does not know', () => {
  const { events } = admit([device.event({ type: 'vn.tramhoc.chess.move.v1' as never, data: { from: 'e2' }, tilt: 3 } as never)]);
  expect(events[0]!.raw).toMatchObject({ type: 'vn.tramhoc.chess.move.v1', tilt: 3 });
});

test.each([
  ['no JSON', '{'],
  ['no array', '{}'],
  ['an empty array', '[]'],
  ['more than 500 events', JSON.stringify(Array.from({ length: 501 }, () => 1))],
])('%s is set aside whole', (_what, payload) => expect(codes(payload)).toEqual(['PAYLOAD_MALFORMED']));

test('bytes that are no UTF-8 are set aside', () => {
  expect(admitPayload(Uint8Array.from([0x5b, 0xff, 0x5d]), device.owner).refused[0]).toMatchObject({
    code: 'PAYLOAD_MALFORMED',
    reason: 'not UTF-8',
  });
});

test('a payload over the limit is set aside', () => {
  expect(admitPayload(new Uint8Array(maxMqttPayloadBytes + 1), device.owner).refused[0]!.code).toBe('PAYLOAD_TOO_LARGE');
});

test('a device cannot speak for another, nor for the broker', () => {
  expect(codes([stranger.event()])).toEqual(['NOT_ALLOWED']);
  const gap = { device: stranger.owner.deviceId, epoch: stranger.epoch, from: 1, to: 2 };
  expect(codes([device.event({ type: 'vn.tramhoc.site.gap.v1', data: gap })])).toEqual(['NOT_ALLOWED']);
});

test('a reason never quotes what was sent', () => {
  const secret = 'BI-MAT-0912345678';
  const refused = [...admit(`[${secret}`).refused, ...admit([device.event({ data: { slot: secret, text: secret } })]).refused];
  expect(refused).toHaveLength(2);
  for (const { reason } of refused) expect(reason).not.toContain(secret);
});

test('deep nesting is refused, not walked', () => {
  const deep = `"data":{"deep":${'['.repeat(9_000)}${']'.repeat(9_000)},`;
  expect(codes(`[${JSON.stringify(device.event()).replace('"data":{', deep)}]`)).toEqual(['EVENT_INVALID']);
});

test('whatever arrives is either admitted or set aside, and never throws', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
      const { events, refused } = admit([value, device.event()]);
      expect(events.length + refused.length).toBe(2);
    }),
  );
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => void admitPayload(bytes, device.owner)));
});
