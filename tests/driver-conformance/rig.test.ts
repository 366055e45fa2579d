import type { ConformanceCase } from '@tramhoc/device-agent/drivers/conformance-case';
import { driverOf } from '@tramhoc/device-agent/drivers/registry';
import { expect, test } from 'vitest';
import { Rig, subjectOf } from './rig.ts';

const unfinished = { ...driverOf('rdm6300')!, kind: 'klima-k1' };

test('a driver that is not finished is told what it lacks and where that is described', async () => {
  await expect(subjectOf(unfinished)).rejects.toThrow('klima-k1 has no conformance.ts; see docs/add-a-device.md, 5');
  const conformance: ConformanceCase = (await subjectOf(driverOf('rdm6300')!)).conformance;
  expect(() => new Rig({ definition: unfinished, conformance })).toThrow(
    'klima-k1 has no line in simulators.ts; see docs/add-a-device.md, 3',
  );
});
