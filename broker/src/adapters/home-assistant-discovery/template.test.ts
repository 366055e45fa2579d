import fc from 'fast-check';
import { expect, test } from 'vitest';
import { numberBy, parseTemplate } from './template.ts';

const numberIn = (template: string, text: string): number | undefined | 'not supported' => {
  const parsed = parseTemplate(template);
  if (parsed === undefined) return 'not supported';
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    json = undefined;
  }
  return numberBy(parsed, { text, json });
};

test('a template that picks a value picks it', () => {
  const json = '{"a":{"b":12.345,"CF2.5":32,"list":[7,8]},"text":"5.5","none":null}';
  expect(numberIn('{{ value }}', '21.5')).toBe(21.5);
  expect(numberIn('{{value_json.a.b}}', json)).toBe(12.345);
  expect(numberIn("{{ value_json['a']['CF2.5'] }}", json)).toBe(32);
  expect(numberIn('{{ value_json["a"].list[1] }}', json)).toBe(8);
  expect(numberIn('{{ value_json.a.b | float | round(1) }}', json)).toBe(12.3);
  expect(numberIn('{{ value_json.a.b|int }}', json)).toBe(12);
  expect(numberIn('{{- value_json.text | float(0) | round -}}', json)).toBe(6);
});

test('what is not there, or no number, is no value, whatever the template would put in its place', () => {
  const json = '{"none":null,"word":"unavailable","a":{}}';
  for (const template of ['{{ value_json.none | float(0) }}', '{{ value_json.word }}', '{{ value_json.a.b.c }}', '{{ value_json.a }}'])
    expect(numberIn(template, json)).toBeUndefined();
  expect(numberIn('{{ value_json.toString }}', json)).toBeUndefined();
  expect(numberIn('{{ value_json.constructor.name }}', json)).toBeUndefined();
});

test.each([
  '{{ value_json.a * 2 }}',
  "{{ '%0.1f'|format(value_json.RainTotal) }}",
  '{% if value_json.a %}1{% endif %}',
  '{{ value_json }}',
  '{{ states("sensor.x") }}',
  '{{ value_json.a | multiply(2) }}',
  '{{ value_json.a | round(1, "floor") }}',
  '{{ value_json.a }} {{ value_json.b }}',
  '{{ value_json.a if value_json.b else 0 }}',
  '{{ value.__class__ }}',
  'value_json.a',
  `{{ ${'value_json.a'.padEnd(400, 'a')} }}`,
])('%s is more than picking a value, and is not run', (template) => expect(parseTemplate(template)).toBeUndefined());

test('law: no text makes it throw, and what it picks is a number or nothing', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.string().map((inside) => `{{ value_json${inside} }}`),
      ),
      fc.json(),
      (template, payload) => {
        const value = numberIn(template, payload);
        expect(value === undefined || value === 'not supported' || Number.isFinite(value)).toBe(true);
      },
    ),
  );
});
