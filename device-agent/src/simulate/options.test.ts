import { expect, test } from 'vitest';
import { simulatorOf, simulators } from '../drivers/simulators.ts';
import { optionFault, optionLines } from './options.ts';

test.each(simulators.map((definition) => ({ ...definition })))(
  'what the help says of the options of $kind is true',
  ({ kind, optionsSchema }) => {
    const lines = optionLines(optionsSchema).map((line) => /^--set (\w+)=(\S.*?) {2}\((.*) if not set\)$/.exec(line)!.slice(1));
    expect(Object.fromEntries(lines.map(([key, , usual]) => [key, JSON.parse(usual!)]))).toEqual(optionsSchema.parse({}));
    for (const [key, taken] of lines as [string, string, string][]) {
      const [, from, to] = /^<(?:whole )?number(?: from)?(?: (-?[\d]+))?(?:[.]{2}(\d+))?>$/.exec(taken) ?? [];
      const values = taken.startsWith('<') ? [from ?? '7', to ?? from ?? '7'] : taken.split('|');
      for (const value of values) expect(optionFault(kind, optionsSchema, { [key]: value })).toBe(undefined);
      if (!taken.startsWith('<text')) expect(optionFault(kind, optionsSchema, { [key]: 'x' })).toContain(`${key}=${taken}`);
    }
  },
);

test.each([
  ['pms5003', { bogus: '1' }, 'pms5003 has no option "bogus"; it has model, frameEveryMs, recorded'],
  ['pn532', { bogus: '1' }, 'pn532 has no option "bogus"; it has none'],
  [
    'pms5003',
    { frameEveryMs: '9', recorded: 'x' },
    'frameEveryMs cannot be "9"; write --set frameEveryMs=<number 200..5000>\nrecorded cannot be "x"; write --set recorded=true|false',
  ],
  ['zkteco-4370', { recordBytes: '9' }, 'recordBytes cannot be "9"; write --set recordBytes=8|16|40'],
  ['llrp', { refuses: '-1' }, 'refuses cannot be "-1"; write --set refuses=<whole number from 0>'],
  ['pjlink', { name: 'x'.repeat(65) }, `name cannot be "${'x'.repeat(65)}"; write --set name=<text, at most 64>`],
])('%s: what is wrong with %o', (kind, typed, says) => {
  expect(optionFault(kind, simulatorOf(kind)!.optionsSchema, typed as Record<string, string>)).toBe(says);
});
