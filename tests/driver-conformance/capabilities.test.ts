/** What a driver says that it can do is what it does; and nobody above the drivers asks which one it is. */
import type { Reading } from '@tramhoc/device-agent/drivers/driver';
import { drivers } from '@tramhoc/device-agent/drivers/registry';
import { Capability, capabilityText } from '@tramhoc/protocol/capability';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { readTree } from '../tree-files.ts';
import { Rig, subjectOf } from './rig.ts';

const subjects = await Promise.all(drivers.map(subjectOf));

/** What a driver must be able to do to give this reading. */
function needed(reading: Reading): Capability[] {
  switch (reading.kind) {
    case 'card':
      return [{ can: 'read-cards' }];
    case 'code':
      return [{ can: 'read-codes' }];
    case 'punch':
      return [{ can: 'read-punches' }];
    case 'display':
      return [{ can: 'switch-power' }];
    case 'items':
      return [{ can: 'read-items' }];
    case 'measurements':
      return reading.measurements.map(({ quantity }) => ({ can: 'measure', quantities: [quantity] }));
    default:
      return [];
  }
}
const covers = (have: Capability, want: Capability): boolean =>
  have.can === 'measure' && want.can === 'measure'
    ? want.quantities.every((quantity) => have.quantities.includes(quantity))
    : have.can === want.can;

describe.each(subjects.map((subject) => ({ kind: subject.definition.kind, subject })))('$kind', ({ subject }) => {
  const { definition } = subject;

  test('says what it can do, in words that features know', () => {
    expect(definition.capabilities.length).toBeGreaterThan(0);
    for (const capability of definition.capabilities) {
      expect(Capability.parse(capability)).toEqual(capability);
      expect(capabilityText(capability, 'vi')).not.toBe(capabilityText(capability, 'en'));
    }
  });

  test('reads nothing that it does not say it can', async () => {
    const rig = new Rig(subject);
    await rig.open();
    for (const n of [1, 2]) expect(await rig.sees(n)).toBe(true);
    const wants = rig.readings.flatMap(needed);
    await rig.end();
    expect(wants.filter((want) => !definition.capabilities.some((have) => covers(have, want)))).toEqual([]);
  });

  test('has the keys of its config that its capabilities need, and the other way round', () => {
    const { properties = {} } = z.toJSONSchema(definition.configSchema, { io: 'input' });
    const keys: Partial<Record<Capability['can'], string>> = {
      ...{ 'switch-power': 'power', 'switch-input': 'input', 'set-volume': 'volumePct', mute: 'muted' },
    };
    const can = new Set(definition.capabilities.map((capability) => capability.can));
    for (const [capability, key] of Object.entries(keys))
      expect([capability, can.has(capability as Capability['can'])]).toEqual([capability, Object.hasOwn(properties, key)]);
  });
});

const kinds = drivers.map(({ kind }) => kind).join('|');
const comparison = new RegExp(`(?:kind|driver)\\b\\W{0,3}(?:===|!==)\\s*['"](?:${kinds})['"]|case\\s+['"](?:${kinds})['"]\\s*:`);

const comparesKinds = (text: string): boolean => comparison.test(text);

/** A bus may have the name of the driver that uses it: transports know buses only. */
test('outside the drivers nobody asks for a brand', () => {
  const feature =
    /^(?:device-agent\/src\/(?!drivers\/|transports\/)|broker\/src\/|provisioning\/src\/|kiosk-app\/src\/|protocol\/src\/|base\/src\/).*\.tsx?$/;
  const faults = [...readTree()].filter(([path, text]) => feature.test(path) && !/\.test\.tsx?$/.test(path) && comparesKinds(text ?? ''));
  expect(faults.map(([path]) => path)).toEqual([]);
});

test('goes red: a feature that asks for a brand', () => {
  expect(comparesKinds("if (slot.kind === 'pjlink') return")).toBe(true);
  expect(comparesKinds('switch (driver) { case "rdm6300": }')).toBe(true);
  expect(comparesKinds("reading.kind === 'card'")).toBe(false);
});
