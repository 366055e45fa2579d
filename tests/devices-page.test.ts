import { adapters } from '@tramhoc/broker/adapters/registry';
import { drivers } from '@tramhoc/device-agent/drivers/registry';
import { expect, test } from 'vitest';
import { devicesPage, devicesPath } from './devices-page.ts';
import { subjectOf } from './driver-conformance/rig.ts';
import { readTree } from './tree-files.ts';

const tree = readTree();
const subjects = await Promise.all(drivers.map(subjectOf));

test('docs/devices.md is what the drivers say; if not: npm run docs', () => {
  expect(tree.get(devicesPath)).toBe(devicesPage(subjects, tree, adapters));
});

test('every driver is there with its models, and says how it is found', () => {
  const page = devicesPage(subjects, tree, adapters);
  for (const { kind, title } of drivers) {
    const row = page.split('\n').find((line) => line.startsWith(`| [\`${kind}\`]`)) ?? '';
    expect(row).toContain(title.vi);
    expect(row.split(' | ').length).toBe(5);
    const [, models = ''] = page.split(`### ${kind}\n\n`);
    expect([kind, models.split('\n')[0]!.length > 20]).toEqual([kind, true]);
  }
});

test('goes red: a driver that nobody wrote down', () => {
  expect(devicesPage(subjects.slice(1), tree, adapters)).not.toBe(devicesPage(subjects, tree, adapters));
});
