/** The console's form is made from the schema alone: every key must carry its texts, and a wrong value must be named. */
import { drivers } from '@tramhoc/device-agent/drivers/registry';
import { faults } from '@tramhoc/protocol/event';
import { DriverWish } from '@tramhoc/protocol/twin';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { examplePorts, subjectOf } from './rig.ts';

const subjects = await Promise.all(drivers.map(subjectOf));
const Text = z.object({ title: z.string().min(2), help: z.string().min(10) });
const KeySchema = z.looseObject({
  vi: Text,
  en: Text,
  unit: z.string().optional(),
  enum: z.array(z.union([z.string(), z.number()])).optional(),
  options: z.record(z.string(), z.object({ vi: z.string(), en: z.string() })).optional(),
});
const FormSchema = z.looseObject({
  type: z.literal('object'),
  additionalProperties: z.literal(false),
  required: z.array(z.string()).optional(),
  properties: z.record(z.string(), KeySchema),
});

describe.each(subjects.map((subject) => ({ kind: subject.definition.kind, subject })))(
  '$kind',
  ({ subject: { definition, conformance } }) => {
    const schema = FormSchema.parse(z.toJSONSchema(definition.configSchema, { io: 'input' }));
    const exampleOf = (config: Record<string, unknown>) => ({
      port: examplePorts[conformance.buses[0]!],
      ...config,
    });

    test('only the port must be given, and nothing where there is no choice', () => {
      expect(schema.required ?? []).toEqual(conformance.buses[0] === 'host' ? [] : ['port']);
      expect(definition.configSchema.safeParse(exampleOf({})).success).toBe(true);
    });

    test('every choice has a name in both languages', () => {
      for (const [key, { enum: values = [], options = {} }] of Object.entries(schema.properties))
        expect([key, Object.keys(options)]).toEqual([key, values.filter((value) => typeof value === 'string')]);
    });

    test('Vietnamese and English texts are not the same', () => {
      for (const { vi, en } of Object.values(schema.properties)) expect(vi.help).not.toBe(en.help);
      expect(definition.title.vi).not.toBe(definition.title.en);
    });

    test.each(conformance.wrongConfigs)('the wrong value $config is refused and $key is named', ({ config, key }) => {
      const parsed = definition.configSchema.safeParse(exampleOf(config));
      expect(parsed.success).toBe(false);
      expect(faults(parsed.error!)).toContain(key);
    });

    test('the examples of the driver are configs that a desired document can carry', () => {
      for (const config of [conformance.config, conformance.changedConfig]) {
        expect(definition.configSchema.safeParse(exampleOf(config)).success).toBe(true);
        expect(DriverWish.safeParse({ kind: definition.kind, config: definition.configSchema.parse(exampleOf(config)) }).success).toBe(
          true,
        );
      }
    });
  },
);
