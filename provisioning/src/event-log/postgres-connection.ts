/** Connections to PostgreSQL, and its faults in our words. The only user of `pg` beside copy-in.ts. The connection string never leaves this file. */
import { readFileSync } from 'node:fs';
import type { Log } from '@tramhoc/base/log';
import { isTramError, TramError } from '@tramhoc/protocol/errors';
import { Pool, type PoolClient } from 'pg';
import { z } from 'zod';

export const PostgresConfig = z
  .strictObject({
    kind: z.literal('postgresql'),
    /** postgresql://user:password@host:5432/database?sslmode=verify-full&sslrootcert=/path/ca.pem */
    url: z.string().min(1).max(2_000).optional(),
    /** A file with nothing but the URL in it, readable by this user alone: keeps the password out of the config. */
    urlFile: z.string().min(1).optional(),
    /** Transactions at one time; each stores a group of batches. Two keep the database busy while the next group is read. */
    writers: z.int().min(1).max(16).default(2),
    /** Set once after the database was put back from a copy: the centre empties what it derived and reads the whole log again. */
    replay: z.boolean().default(false),
  })
  .refine(({ url, urlFile }) => (url === undefined) !== (urlFile === undefined), 'give either url or urlFile');
export type PostgresConfig = z.infer<typeof PostgresConfig>;

export type Postgres = {
  pool: Pool;
  /** Lends one connection; a fault of the database leaves as ours and the connection is thrown away when it may be in the middle of something. */
  with<Result>(work: (client: PoolClient) => Promise<Result>): Promise<Result>;
  query<Row>(query: { name?: string; text: string; values?: unknown[] }): Promise<Row[]>;
  close(): Promise<void>;
};

/** Pages, the tail, the registry: beside the writers. */
const otherConnections = 3;
const connectTimeoutMs = 5_000;
/** A statement of ours takes milliseconds; one that takes this long waits for a disk or a person. */
const statementTimeoutMs = 60_000;
const lockTimeoutMs = 20_000;
/** A program that vanished in the middle of a transaction holds its streams no longer than this. */
const idleInTransactionMs = 15_000;

/**
 * Everything here finds its rows by a key. Plans are made once, and those made while a table was still empty would read all of it for ever after.
 * A commit is on disk before it is told, whatever the server's default is; a standby that must have it as well stays as configured.
 */
const sessionSettings = `SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; SET jit = off;
  SET plan_cache_mode = force_generic_plan;
  SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') IN ('off', 'local', 'remote_write')`;

const int8 = 20;
const textOf = (value: string): string => value;
const types = { getTypeParser: (oid: number) => (oid === int8 || oid === 23 || oid === 21 ? Number : oid === 16 ? isTrue : textOf) };
const isTrue = (value: string): boolean => value === 't';

/** Opens no connection yet. Throws CONFIG_INVALID when the file with the URL cannot be read or holds none. */
export function openPostgres(
  config: Pick<PostgresConfig, 'url' | 'urlFile' | 'writers'>,
  { log, name }: { log: Log; name: string },
): Postgres {
  const pool = new Pool({
    connectionString: connectionStringOf(config),
    max: config.writers + otherConnections,
    connectionTimeoutMillis: connectTimeoutMs,
    idleTimeoutMillis: 60_000,
    keepAlive: true,
    application_name: name,
    statement_timeout: statementTimeoutMs,
    lock_timeout: lockTimeoutMs,
    idle_in_transaction_session_timeout: idleInTransactionMs,
    types: types as never,
  });
  // a connection that breaks while nobody uses it; the next query says what is wrong
  pool.on('error', (error) => log.debug({ err: error.message }, 'an idle connection to PostgreSQL ended'));
  pool.on('connect', (client) => {
    client.on('error', () => undefined);
    // queued before anything else on this connection; a fault of it shows in what follows
    client.query(sessionSettings).catch(() => undefined);
  });
  const lend: Postgres['with'] = async (work) => {
    let client: PoolClient;
    try {
      client = await pool.connect();
    } catch (cause) {
      throw asPostgresFault(cause);
    }
    let broken: Error | undefined;
    try {
      return await work(client);
    } catch (cause) {
      const fault = asPostgresFault(cause);
      if (isTramError(fault, 'STORE_UNREACHABLE')) broken = fault;
      throw fault;
    } finally {
      client.release(broken);
    }
  };
  return {
    pool,
    with: lend,
    query: (query) => lend(async (client) => (await client.query(query)).rows as never[]),
    close: () => pool.end(),
  };
}

function connectionStringOf({ url, urlFile }: Pick<PostgresConfig, 'url' | 'urlFile'>): string {
  let text = url;
  if (urlFile !== undefined) {
    try {
      text = readFileSync(urlFile, 'utf8').trim();
    } catch (cause) {
      throw new TramError('CONFIG_INVALID', `eventLog.urlFile: ${(cause as Error).message}. Write the URL of the database into that file.`);
    }
  }
  if (text === undefined || !/^postgres(?:ql)?:\/\//.test(text))
    throw new TramError('CONFIG_INVALID', 'eventLog: the URL of the database begins with postgresql://; see docs/runbooks/postgresql.md.');
  return text;
}

/** SQLSTATE of a fault that the server told; undefined for anything else. */
export const sqlState = (error: unknown): string | undefined => {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
};

/** Sites send again after this long; their own back-off goes on from there. */
const retryAfterS = 5;
const away = 'the event log in PostgreSQL does not answer; sites keep their events and send them again. Look whether PostgreSQL runs';

/**
 * Faults of the connection, of the rights and of the disk become ours; what is a matter of the statement itself passes through, for the caller knows.
 * Text of the server is not passed on where it could quote the connection string.
 */
export function asPostgresFault(cause: unknown): unknown {
  if (isTramError(cause)) return cause;
  const state = sqlState(cause);
  if (state === undefined) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (!isLinkFault(cause)) return cause;
    return new TramError('STORE_UNREACHABLE', `${away} and can be reached (${code ?? linkWord(message)}).`, {
      cause,
      details: { retryAfterS },
    });
  }
  if (state === '53100') return new TramError('DISK_FULL', 'no space left for PostgreSQL; free some on its disk.', { cause });
  // wrong password or user, no such database, no right to a table, no CONNECT
  if (/^(?:28...|3D000|42501)$/.test(state))
    return new TramError(
      'STORE_REFUSED',
      `PostgreSQL refuses us (${state}): look at user, password and database of eventLog and at the rights; see docs/runbooks/postgresql.md.`,
      { cause, details: { retryAfterS } },
    );
  // 08: connection; 57P: it stops, starts or was ended; 53: too many connections, no memory; 25006: it is a standby; 58: its own disk
  if (/^(?:08...|57P..|57014|53...|25006|58...|XX...)$/.test(state))
    return new TramError('STORE_UNREACHABLE', `${away} and has what it needs (${state}).`, { cause, details: { retryAfterS } });
  return cause;
}

function isLinkFault(cause: unknown): boolean {
  const { code, message = '' } = (cause ?? {}) as NodeJS.ErrnoException;
  if (typeof code === 'string' && /^(?:E[A-Z]+|ERR_TLS_.*|ERR_SSL_.*|SELF_SIGNED.*|DEPTH_ZERO.*|UNABLE_TO_.*|CERT_.*)$/.test(code))
    return true;
  return /Connection terminated|timeout (?:exceeded|expired)|Client has encountered a connection error|server does not support SSL|not queryable/i.test(
    message,
  );
}

const linkWord = (message: string): string =>
  /timeout/i.test(message) ? 'time-out' : /SSL/.test(message) ? 'no TLS there' : 'connection ended';
