/** /api/docs: the API on one page that needs nothing from elsewhere. */
type Parameter = { name: string; in: string; required: boolean };
type Operation = {
  operationId: string;
  parameters: Parameter[];
  requestBody?: { content: Record<string, { schema: { $ref?: string } }> };
  responses: Record<string, { content?: Record<string, { schema: { $ref?: string } }> }>;
};
type Document = {
  info: { title: string; version: string; description: string };
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, unknown> };
};

export const docsStyle = `body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1d2733}
h1{font-size:1.6rem}code,pre{font:14px/1.45 ui-monospace,monospace}section{border-top:1px solid #d8dee6;padding:.6rem 0}
h2{font-size:1rem;margin:.2rem 0}.method{display:inline-block;min-width:4.2rem;font-weight:700;color:#0b5c8a}
pre{background:#f4f6f8;padding:.7rem;overflow:auto;border-radius:6px}summary{cursor:pointer;color:#0b5c8a}`;

export function docsPage(document: unknown): string {
  const { info, paths, components } = document as Document;
  const sections = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => section(path, method, operation, components.schemas)),
  );
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeHtml(info.title)} API</title>
<link rel="stylesheet" href="/api/docs.css"></head><body><h1>${escapeHtml(info.title)} API ${escapeHtml(info.version)}</h1><p>${escapeHtml(info.description)}</p>
<p>Scripts send <code>Authorization: Bearer &lt;token&gt;</code>; make a token in the console. Machines read <a href="/api/openapi.json">/api/openapi.json</a>.</p>
<pre>curl -H "Authorization: Bearer $TOKEN" '$CONSOLE/api/events?limit=10'</pre>
${sections.join('\n')}</body></html>`;
}

function section(path: string, method: string, operation: Operation, schemas: Record<string, unknown>): string {
  const query = operation.parameters
    .filter((parameter) => parameter.in === 'query')
    .map(({ name, required }) => (required ? name : `${name}?`));
  const parts = [query.length > 0 ? `<p>Query: <code>${escapeHtml(query.join(', '))}</code></p>` : ''];
  for (const [type, { schema }] of Object.entries(operation.requestBody?.content ?? {}))
    parts.push(detail(`Body (${type})`, schema, schemas));
  for (const [type, { schema }] of Object.entries(operation.responses['200']?.content ?? {}))
    parts.push(detail(`Answer (${type})`, schema, schemas));
  return `<section><h2><span class="method">${escapeHtml(method.toUpperCase())}</span> <code>${escapeHtml(path)}</code></h2>${parts.join('')}</section>`;
}

function detail(title: string, schema: { $ref?: string }, schemas: Record<string, unknown>): string {
  const name = schema.$ref?.split('/').at(-1);
  const shown = name === undefined ? schema : schemas[name];
  return `<details><summary>${escapeHtml(title)}</summary><pre>${escapeHtml(JSON.stringify(shown, null, 2))}</pre></details>`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
