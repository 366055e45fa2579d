/** pino, one line of JSON per event: a fixed message, the variables in fields. */
import pino from 'pino';

export type Log = {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
  child(fields: LogFields): Log;
};
export type LogFields = Readonly<Record<string, unknown>>;
export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** What must never be printed, whatever object it hides in (one level deep). */
const personal = [
  'uid',
  'cardUid',
  'cardHash',
  'cardKey',
  'name',
  'phone',
  'text',
  'password',
  'token',
  'enrolToken',
  'deviceCode',
  'userCode',
  'privateKey',
  'cookie',
  'authorization',
];

/** Lines go to standard output, or to `write` in a test. */
export function createLog({ part, level = 'info', write }: { part: string; level?: LogLevel; write?: (line: string) => void }): Log {
  return pino(
    {
      level,
      base: { part },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: personal.flatMap((key) => [key, `*.${key}`]), censor: '[kept out]' },
    },
    write === undefined ? pino.destination({ dest: 1, sync: false }) : { write },
  );
}

/** For tests that do not look at the log. */
export const silentLog: Log = createLog({ part: 'test', level: 'silent' });
