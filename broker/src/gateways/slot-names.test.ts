import { SlotId } from '@tramhoc/protocol/ids';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { slotFor } from './slot-names.ts';

const free = (): boolean => false;

test('a slot is the name of the gateway and that of the sensor, without marks', () => {
  expect(slotFor('zigbee', 'Phòng máy 1', free)).toBe('zigbee-phong-may-1');
  expect(slotFor('zigbee', 'tầng 2/Đo khí', free)).toBe('zigbee-tang-2-do-khi');
  expect(slotFor('air', 'tasmota_F847F7', free)).toBe('air-tasmota-f847f7');
});

test('a name that is too long, has no letters or is taken ends in its mark, the same one each time', () => {
  const long = slotFor('zigbee', 'a very long name of a sensor in the hall', free);
  expect(long).toMatch(/^zigbee-a-very-long-name-of-[0-9a-f]{4}$/);
  expect(slotFor('zigbee', 'a very long name of a sensor in the hall', free)).toBe(long);
  expect(slotFor('zigbee', '温度', free)).toMatch(/^zigbee-[0-9a-f]{4}$/);
  expect(slotFor('zigbee', 'a b', (slot) => slot === 'zigbee-a-b')).toMatch(/^zigbee-a-b-[0-9a-f]{4}$/);
});

test('law: every name gives a slot', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.boolean(), (name, taken) => {
      expect(SlotId.safeParse(slotFor('g1', name, () => taken)).success).toBe(true);
    }),
  );
});
