/** The built page as files: what each request gets, with the headers that keep the page to itself. Used by both hosts. */
import { readFile } from 'node:fs/promises';
import { extname, join, normalize, sep } from 'node:path';

export type PageAnswer = { status: number; headers: Record<string, string>; body: Uint8Array | string };
/** Handed to the page in a meta tag, never in the address. */
export type Boot = { host: 'web'; token: string; idleMs: number; countdownMs: number } | { host: 'electron' };

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.woff2': 'font/woff2',
  '.woff': 'font/woff',
  '.svg': 'image/svg+xml',
};

/** `connect` lists what the page may talk to besides its own origin. `nonce` is for the one style sheet React Aria makes. */
function headersFor({ nonce, connect }: { nonce: string; connect: string }): Record<string, string> {
  return {
    'content-security-policy': [
      "default-src 'none'",
      "script-src 'self'",
      `style-src 'self' 'nonce-${nonce}'`,
      "font-src 'self'",
      "img-src 'self' data:",
      `connect-src 'self' ${connect}`.trim(),
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
      "require-trusted-types-for 'script'",
    ].join('; '),
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'camera=(), microphone=(), geolocation=(), usb=(), serial=(), hid=(), clipboard-read=(), display-capture=()',
  };
}

/** Only GET of a file inside `distFolder`; anything else is 404 or 405. Without a build: 503 and a page that says what to do. */
export async function pageAnswer(
  request: { method: string; path: string },
  { distFolder, boot, nonce, connect }: { distFolder: string; boot: Boot; nonce: string; connect: string },
): Promise<PageAnswer> {
  const headers = headersFor({ nonce, connect });
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return { status: 405, headers: { ...headers, allow: 'GET, HEAD', 'content-type': 'text/plain; charset=utf-8' }, body: 'GET only' };
  const wanted = filePath(request.path);
  if (wanted === undefined) return notFound(headers);
  let body: Uint8Array;
  try {
    body = await readFile(join(distFolder, wanted));
  } catch {
    return wanted === 'index.html' ? notBuilt(headers) : notFound(headers);
  }
  const contentType = types[extname(wanted)] ?? 'application/octet-stream';
  if (wanted !== 'index.html')
    return {
      status: 200,
      headers: { ...headers, 'content-type': contentType, 'cache-control': 'public, max-age=31536000, immutable' },
      body,
    };
  const html = new TextDecoder()
    .decode(body)
    .replace(
      '</title>',
      () =>
        `</title>\n    <meta name="tramhoc-boot" content="${escapeHtml(JSON.stringify(boot))}" />\n    <meta property="csp-nonce" nonce="${nonce}" />`,
    );
  return { status: 200, headers: { ...headers, 'content-type': contentType, 'cache-control': 'no-store' }, body: html };
}

/** A path inside the page's folder, or undefined. `path` comes from a parsed URL and still has its percent signs. */
function filePath(path: string): string | undefined {
  let plain: string;
  try {
    plain = decodeURIComponent(path);
  } catch {
    return undefined;
  }
  if (plain.includes('\0') || plain.includes('\\')) return undefined;
  const inside = normalize(plain).split(sep).filter(Boolean);
  if (inside.includes('..')) return undefined;
  return inside.length === 0 ? 'index.html' : inside.join('/');
}

function notFound(headers: Record<string, string>): PageAnswer {
  return { status: 404, headers: { ...headers, 'content-type': 'text/plain; charset=utf-8' }, body: 'not found' };
}

function notBuilt(headers: Record<string, string>): PageAnswer {
  const body = `<!doctype html><html lang="vi"><meta charset="utf-8"><title>Kiosk</title><h1>Màn hình chưa được dựng</h1>
<p>The kiosk page has not been built. Run <code>node kiosk-app/build.ts</code>, then reload.</p></html>`;
  return {
    status: 503,
    headers: { ...headers, 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store', 'retry-after': '5' },
    body,
  };
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.codePointAt(0)};`);
}
