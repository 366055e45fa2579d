/** The options of a simulated device as a person types them: what each takes, and what is wrong with what was typed. */
import { z } from 'zod';

type Option = {
  type?: string;
  enum?: unknown[];
  anyOf?: { const?: unknown }[];
  minimum?: number;
  maximum?: number;
  maxLength?: number;
  default?: unknown;
};

/** One line for each option, with what it takes and what it is when it is not set. */
export function optionLines(schema: z.ZodType): string[] {
  return Object.entries(optionsOf(schema)).map(
    ([key, option]) => `--set ${key}=${taken(option)}  (${JSON.stringify(option.default)} if not set)`,
  );
}

/** What keeps `typed` from being options of the device, each fault with what may be typed; undefined when nothing does. */
export function optionFault(kind: string, schema: z.ZodType, typed: Readonly<Record<string, string>>): string | undefined {
  const { error } = schema.safeParse(typed);
  if (error === undefined) return undefined;
  const options = optionsOf(schema);
  const known = Object.keys(options).join(', ');
  const unknown = Object.keys(typed).filter((key) => options[key] === undefined);
  const wrong = new Set(error.issues.flatMap(({ path: [key] }) => (key === undefined ? [] : [String(key)])));
  return [
    ...unknown.map((key) => `${kind} has no option "${key}"; it has ${known === '' ? 'none' : known}`),
    ...[...wrong].map((key) => `${key} cannot be "${typed[key]}"; write --set ${key}=${taken(options[key]!)}`),
  ].join('\n');
}

/** As they are once they were read: a switch that may be typed as text is a boolean there. */
function optionsOf(schema: z.ZodType): Record<string, Option> {
  return (z.toJSONSchema(schema, { io: 'output', unrepresentable: 'any' }).properties ?? {}) as Record<string, Option>;
}

function taken({ type, enum: choices, anyOf, minimum, maximum, maxLength }: Option): string {
  const values = choices ?? anyOf?.map((one) => one.const);
  if (values !== undefined) return values.join('|');
  if (type === 'boolean') return 'true|false';
  if (type === 'string') return maxLength === undefined ? '<text>' : `<text, at most ${maxLength}>`;
  const [from, to] = [minimum, maximum].map((end) => (end === undefined || !Number.isSafeInteger(Math.abs(end) + 1) ? '' : String(end)));
  const what = type === 'integer' ? 'whole number' : 'number';
  return from === '' && to === '' ? `<${what}>` : to === '' ? `<${what} from ${from}>` : `<${what} ${from}..${to}>`;
}
