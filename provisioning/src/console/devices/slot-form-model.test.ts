import type { ConfigValue } from '@tramhoc/protocol/twin';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { fillForm, formFields, readForm } from './slot-form-model.ts';

/** As drivers write theirs. */
const Config = z.strictObject({
  port: z
    .string()
    .regex(/^(?:\/dev\/|tcp:).+/)
    .meta({ vi: { title: 'Cổng', help: 'Ví dụ /dev/ttyUSB0.' }, en: { title: 'Port', help: '' } }),
  everyS: z
    .int()
    .min(1)
    .max(3_600)
    .default(60)
    .meta({ unit: 's', vi: { title: 'Chu kỳ', help: '' }, en: { title: 'Every', help: '' } }),
  lookEvery: z.int().default(60).meta({ unit: 'min' }),
  keepDays: z.int().default(30).meta({ unit: 'd' }),
  offset: z.number().default(0),
  power: z.boolean().default(true),
  checksum: z
    .enum(['xor', 'sum'])
    .default('xor')
    .meta({ options: { xor: { vi: 'XOR', en: 'XOR' }, sum: { vi: 'Tổng', en: 'Sum' } } }),
  baudRate: z.union([z.literal(9_600), z.literal(115_200)]).default(9_600),
  password: z.string().max(32).default('').meta({ secret: true }),
  days: z.array(z.int()).optional(),
});
const schema = z.toJSONSchema(Config, { io: 'input' });
const fields = formFields(schema, 'vi');
const field = (key: string) => fields.find((one) => one.key === key)!;

test('titles, help, units and names of choices come from the schema, in the language of the screen', () => {
  expect(field('port')).toMatchObject({ type: 'text', title: 'Cổng', help: 'Ví dụ /dev/ttyUSB0.', required: true });
  expect(formFields(schema, 'en')[0]!.title).toBe('Port');
  expect(field('everyS')).toMatchObject({ type: 'number', integer: true, min: 1, max: 3_600, unit: 's', fallback: 60, required: false });
  const units = (language: 'vi' | 'en') =>
    formFields(schema, language).flatMap(({ key, unit }) => (key === 'lookEvery' || key === 'keepDays' ? [unit] : []));
  expect([units('vi'), units('en')]).toEqual([
    ['phút', 'ngày'],
    ['min', 'd'],
  ]);
  expect(field('checksum')).toMatchObject({ type: 'choice', options: [{ label: 'XOR' }, { label: 'Tổng', value: 'sum' }] });
  expect(field('baudRate')).toMatchObject({ type: 'choice', options: [{ value: 9_600 }, { value: 115_200 }] });
  expect(field('password')).toMatchObject({ type: 'text', secret: true });
  expect([field('power').type, field('offset').type, field('days').type]).toEqual(['switch', 'number', 'json']);
});

test('a form that nobody touched gives the config it was filled from', () => {
  const configs = fc.record(
    {
      port: fc.constantFrom('/dev/ttyUSB0', 'tcp://10.0.0.3:4001'),
      everyS: fc.integer({ min: 1, max: 3_600 }),
      offset: fc.float({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
      power: fc.boolean(),
      checksum: fc.constantFrom('xor', 'sum'),
      baudRate: fc.constantFrom(9_600, 115_200),
      days: fc.array(fc.integer()),
      later: fc.string(),
    },
    { requiredKeys: ['port'] },
  ) as fc.Arbitrary<Record<string, ConfigValue>>;
  fc.assert(
    fc.property(configs, (config) => {
      expect(readForm(fields, fillForm(fields, config), config)).toEqual({ ok: true, config });
    }),
  );
});

test('a default that nobody chose is not written down: the driver goes on deciding', () => {
  const values = { ...fillForm(fields, {}), port: '/dev/ttyUSB0', checksum: 'sum' };
  expect(readForm(fields, values, {})).toEqual({ ok: true, config: { port: '/dev/ttyUSB0', checksum: 'sum' } });
});

test('a field that is emptied leaves its key to the default', () => {
  const before = { port: '/dev/ttyUSB0', everyS: 5 };
  expect(readForm(fields, { ...fillForm(fields, before), everyS: ' ' }, before)).toEqual({ ok: true, config: { port: '/dev/ttyUSB0' } });
});

test('each wrong value is named with its reason', () => {
  const values = { port: 'ttyUSB0', everyS: '1,5', offset: 'abc', power: true, checksum: 'crc', days: '[1', password: 'x'.repeat(33) };
  expect(readForm(fields, values, {})).toEqual({
    ok: false,
    faults: { port: 'pattern', everyS: 'integer', offset: 'number', checksum: 'choice', days: 'json', password: 'length' },
  });
  expect(readForm(fields, { everyS: '0' }, {})).toEqual({ ok: false, faults: { port: 'required', everyS: 'min' } });
});

const offsetOf = (offset: string, language: 'vi' | 'en' = 'vi') => {
  const read = readForm(formFields(schema, language), { port: '/dev/a', offset }, {});
  return read.ok ? read.config['offset'] : read.faults['offset'];
};

test('a comma is a decimal point in Vietnam and a point groups thousands; in English it is the other way round', () => {
  expect(['0,25', '3.600', '-1.234.567,5', '2.5', '0.125', '12.5000'].map((typed) => offsetOf(typed))).toEqual([
    0.25, 3_600, -1_234_567.5, 2.5, 0.125, 12.5,
  ]);
  expect(['0.25', '3,600', '-1,234,567.5', '2,5', '1.125'].map((typed) => offsetOf(typed, 'en'))).toEqual([
    0.25, 3_600, -1_234_567.5, 2.5, 1.125,
  ]);
  expect(readForm(fields, { port: '/dev/a', everyS: '3.600' }, {})).toEqual({ ok: true, config: { port: '/dev/a', everyS: 3_600 } });
});

test('what a computer would take for a number and a person would not is no number', () => {
  for (const typed of ['0x10', '1e3', 'Infinity', '1.2.3', '1.23.456', '.5', '5,', '+7', '1 000']) expect(offsetOf(typed)).toBe('number');
});

test('a number is shown as the language writes it', () => {
  expect(fillForm(fields, { offset: 1.125 })['offset']).toBe('1,125');
  expect(fillForm(formFields(schema, 'en'), { offset: 1.125 })['offset']).toBe('1.125');
});
