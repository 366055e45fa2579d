/** The description of the API, made from the table of routes: OpenAPI 3.1, whose schemas are JSON Schema as zod writes it. */
import { z } from 'zod';
import { Problem, routes } from './contract.ts';

type Json = { [key: string]: unknown };
type Route = { method: string; path: string; body?: z.ZodType; query?: z.ZodType; answer: z.ZodType; open?: true; csv?: true };

export function openApiDocument({ version, serverUrl }: { version: string; serverUrl: string }): Json {
  const components: Json = {};
  const problem = schemaOf(Problem, 'Problem', 'output', components);
  const paths: Record<string, Json> = {};
  for (const [name, route] of Object.entries(routes) as [string, Route][]) {
    const path = route.path.replace(/:([A-Za-z]+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(name, route, components, problem) };
  }
  paths['/api/live'] = { get: liveOperation(problem) };
  return {
    openapi: '3.1.0',
    info: {
      title: 'Tramhoc centre',
      version,
      description:
        'Sites, devices, enrolment, facts and wishes of an education department. Faults are RFC 9457 problem documents with a stable `code`.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: serverUrl }],
    paths,
    components: { schemas: components, securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
  };
}

function operationOf(name: string, route: Route, components: Json, problem: Json): Json {
  const content =
    route.csv === true
      ? { 'text/csv': { schema: { type: 'string' } } }
      : route.body && { 'application/json': { schema: schemaOf(route.body, `${name}Body`, 'input', components) } };
  return {
    operationId: name,
    ...(route.open === true ? { security: [] } : { security: [{ token: [] }] }),
    parameters: [...pathParameters(route.path), ...queryParameters(name, route.query, components)],
    ...(content === undefined ? {} : { requestBody: { required: true, content } }),
    responses: {
      200: {
        description: 'Done',
        content: { 'application/json': { schema: schemaOf(route.answer, `${name}Answer`, 'output', components) } },
      },
      default: { description: 'A fault', content: { 'application/problem+json': { schema: problem } } },
    },
  };
}

function liveOperation(problem: Json): Json {
  return {
    operationId: 'live',
    security: [{ token: [] }],
    parameters: [{ name: 'site', in: 'query', required: false, schema: { type: 'string' } }],
    responses: {
      200: {
        description: 'Server-sent events: kinds event, device, site, enrolments, and beat every 10 s',
        content: { 'text/event-stream': { schema: { type: 'string' } } },
      },
      default: { description: 'A fault', content: { 'application/problem+json': { schema: problem } } },
    },
  };
}

function pathParameters(path: string): Json[] {
  return [...path.matchAll(/:([A-Za-z]+)/g)].map((match) => ({ name: match[1], in: 'path', required: true, schema: { type: 'string' } }));
}

function queryParameters(name: string, query: z.ZodType | undefined, components: Json): Json[] {
  if (query === undefined) return [];
  const schema = schemaOf(query, `${name}Query`, 'input', components, { inline: true });
  const required = new Set((schema['required'] as string[] | undefined) ?? []);
  return Object.entries((schema['properties'] ?? {}) as Record<string, Json>).map(([key, value]) => ({
    name: key,
    in: 'query',
    required: required.has(key),
    schema: value,
  }));
}

/** Puts the schema among the components and gives a reference to it. Its own definitions move there too, under names of their own. */
function schemaOf(schema: z.ZodType, name: string, io: 'input' | 'output', components: Json, { inline = false } = {}): Json {
  const made = z.toJSONSchema(schema, { io, target: 'draft-2020-12', unrepresentable: 'any' }) as Json;
  const { $schema: _dialect, $defs: definitions, ...rest } = made;
  const rename = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(rename);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [key, key === '$ref' ? renamed(String(inner), name) : rename(inner)]),
    );
  };
  for (const [key, definition] of Object.entries((definitions ?? {}) as Json))
    components[`${name}.${key.replace(/^_+/, '')}`] = rename(definition);
  const whole = rename(rest) as Json;
  if (inline) return whole;
  components[name] = whole;
  return { $ref: `#/components/schemas/${name}` };
}

function renamed(ref: string, name: string): string {
  const definition = /^#\/\$defs\/(.+)$/.exec(ref)?.[1];
  if (definition !== undefined) return `#/components/schemas/${name}.${definition.replace(/^_+/, '')}`;
  return ref === '#' ? `#/components/schemas/${name}` : ref;
}
