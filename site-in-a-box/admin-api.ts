/** The centre's API over its local administration socket: whoever may open the socket administers this centre. */
import { request } from 'node:http';

export type AdminApi = {
  /** Answer of a 2xx; throws an Error with the problem's own words otherwise. */
  call<Answer>(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown, contentType?: string): Promise<Answer>;
};

export function adminApi(socketPath: string): AdminApi {
  return {
    call: (method, path, body, contentType = 'application/json') =>
      new Promise((resolve, reject) => {
        const text = body === undefined ? undefined : contentType === 'application/json' ? JSON.stringify(body) : String(body);
        const headers = text === undefined ? {} : { 'content-type': contentType, 'content-length': Buffer.byteLength(text) };
        const call = request({ socketPath, method, path, headers }, (answer) => {
          const chunks: Buffer[] = [];
          answer.on('data', (chunk: Buffer) => chunks.push(chunk));
          answer.on('end', () => {
            const value = parse(Buffer.concat(chunks).toString('utf8'));
            if ((answer.statusCode ?? 500) < 300) resolve(value as never);
            else reject(new Error(`${method} ${path}: ${(value as { detail?: string })?.detail ?? `HTTP ${answer.statusCode}`}`));
          });
        });
        call.once('error', (error) =>
          reject(new Error(`${method} ${path}: the centre's socket ${socketPath} does not answer (${error.message})`)),
        );
        call.end(text);
      }),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
