/** Config files: JSON, checked by a schema, written whole or not at all. */
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeSync,
} from 'node:fs';
import { basename, dirname } from 'node:path';
import { TramError } from '@tramhoc/protocol/errors';
import type { z } from 'zod';

/** Throws TramError CONFIG_INVALID naming the file, the field and what is expected there. */
export function readConfig<Config>(path: string, schema: z.ZodType<Config>): Config {
  const parsed = schema.safeParse(readJsonFile(path));
  if (!parsed.success)
    throw new TramError('CONFIG_INVALID', `${path}: ${configFaults(parsed.error)}. Mend the file and start again.`, {
      cause: parsed.error,
    });
  return parsed.data;
}

/** The first few, in the words of whoever wrote the file. */
function configFaults({ issues }: z.ZodError): string {
  const said = issues.slice(0, 5).map((issue) => {
    const { code, path, message } = issue;
    const field = path.join('.');
    if (code === 'unrecognized_keys') return issue.keys.map((key) => `${[...path, key].join('.')} is not known`).join('; ');
    if (message.endsWith('received undefined')) return `${field || 'everything'} is missing`;
    return `${field || 'the file'}: ${message.replace(/^Invalid input: /, '')}`;
  });
  return said.join('; ').slice(0, 300);
}

/** undefined when there is no such file. Throws CONFIG_INVALID when it is not JSON, PERMISSION_MISSING when it may not be read. */
export function readJsonFileIfAny(path: string): unknown {
  return existsSync(path) ? readJsonFile(path) : undefined;
}

function readJsonFile(path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === 'EACCES' || code === 'EPERM')
      throw new TramError('PERMISSION_MISSING', `${path} may not be read by this user; give it the right (chown or chmod).`, { cause });
    throw new TramError('CONFIG_INVALID', `${path} cannot be read: ${(cause as Error).message}. Check the path.`, { cause });
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    // without the cause: V8 quotes the file in it, which may hold a key
    throw new TramError('CONFIG_INVALID', `${path} is not JSON: ${withoutQuote(cause as Error)}. Mend the file and start again.`);
  }
}

/** What V8 says of text that is not JSON, without the text. */
const withoutQuote = ({ message }: Error): string => message.replace(/,? (?:\.\.\.)?".*(?= is not valid JSON)/s, '');

/**
 * Replaces `path` so that after a power cut it holds the old content or the new, never a part: temporary file, fsync, rename, fsync of the folder.
 * `mode` is octal; secrets use 0o600. A folder that is not there is made for this user only. Throws DISK_FULL, PERMISSION_MISSING or the file system's own error.
 */
export function writeFileAtomic(path: string, content: string | Uint8Array, { mode = 0o644 }: { mode?: number } = {}): void {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const temporary = `${path}.new`;
    const file = openSync(temporary, 'w', mode);
    try {
      const bytes = typeof content === 'string' ? Buffer.from(content) : content;
      for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
    const folder = openSync(dirname(path), 'r');
    try {
      fsyncSync(folder);
    } finally {
      closeSync(folder);
    }
  } catch (cause) {
    throw asFileFault(cause, path);
  }
}

/** Before long work whose result goes into this file. Throws INPUT_INVALID when it cannot be one, PERMISSION_MISSING. */
export function demandWritableFile(path: string): void {
  const folder = dirname(path);
  if (!existsSync(folder) || !statSync(folder).isDirectory())
    throw new TramError('INPUT_INVALID', `${folder} is no folder; make it, or name another for ${basename(path)}.`);
  if (existsSync(path) && !statSync(path).isFile()) throw new TramError('INPUT_INVALID', `${path} is no file; name one.`);
  try {
    accessSync(existsSync(path) ? path : folder, constants.W_OK);
  } catch (cause) {
    throw asFileFault(cause, path);
  }
}

/** The same, and nothing that is there is overwritten. */
export function demandNewFile(path: string): void {
  if (existsSync(path)) throw new TramError('INPUT_INVALID', `${path} is there already; name a new file.`);
  demandWritableFile(path);
}

/** Turns what the file system said into an error that says what to do. Errors of ours pass through. */
export function asFileFault(cause: unknown, path: string): unknown {
  const code = (cause as NodeJS.ErrnoException).code;
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'SQLITE_FULL')
    return new TramError('DISK_FULL', `no space left for ${path}; free some and start again.`, { cause });
  if (code === 'EIO')
    return new TramError(
      'DISK_FAILED',
      `the disk of ${path} refused to read or write; look at the kernel's log (dmesg) and exchange the disk when it stays.`,
      { cause },
    );
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS')
    return new TramError(
      'PERMISSION_MISSING',
      `${path} may not be written by this user; give it the right (chown or chmod) or choose another folder.`,
      { cause },
    );
  return cause;
}

/** The same for a folder that could not be made: it may be a file. */
export function asFolderFault(cause: unknown, path: string): unknown {
  const { code } = cause as NodeJS.ErrnoException;
  if (code === 'ENOTDIR' || code === 'EEXIST') return new TramError('INPUT_INVALID', `${path} is no folder; name one.`, { cause });
  return asFileFault(cause, path);
}

/** Turns a listen error into one that says what to do. */
export function asListenFault(cause: unknown, where: { host: string; port: number }): unknown {
  const code = (cause as NodeJS.ErrnoException).code;
  if (code === 'EADDRINUSE')
    return new TramError(
      'PORT_IN_USE',
      `${where.host}:${where.port} is already in use; stop the program that holds it or choose another port.`,
      { cause },
    );
  if (code === 'EACCES')
    return new TramError('PERMISSION_MISSING', `${where.host}:${where.port} may not be opened by this user; choose a port above 1023.`, {
      cause,
    });
  return cause;
}
