/**
 * Every fault that somebody must act on. The code is stable: it is in logs, in API answers, on screens and in docs/errors.md, which says what to
 * do about each. Add the code here and its row there together; tests/docs.test.ts holds them equal.
 */
export const errorCodes = [
  // configuration and start
  'CONFIG_INVALID',
  'PORT_IN_USE',
  'PERMISSION_MISSING',
  'DISK_FULL',
  'DISK_FAILED',
  'STORE_CORRUPT',
  'STORE_FULL',
  'STORE_TOO_NEW',
  'STORE_UNREACHABLE',
  'STORE_REFUSED',
  // hardware
  'DRIVER_UNKNOWN',
  'DRIVER_CONFIG_INVALID',
  'DRIVER_PORT_UNAVAILABLE',
  'DRIVER_PORT_LOST',
  'DRIVER_TIMEOUT',
  'DRIVER_REFUSED',
  'DRIVER_AUTH_FAILED',
  'FAULT_FAN',
  'FAULT_LAMP',
  'FAULT_TEMPERATURE',
  'FAULT_COVER',
  'FAULT_FILTER',
  'FAULT_LASER',
  'FAULT_SENSOR',
  'FAULT_ANTENNA',
  'FAULT_OTHER',
  'PRINTER_OFFLINE',
  'PRINTER_PAPER_LOW',
  'PRINTER_PAPER_OUT',
  'PRINTER_COVER_OPEN',
  'PRINTER_FAULT',
  'SLOT_LIMIT',
  'SLOT_PATH_CONFLICT',
  'SENSOR_OFFLINE',
  // identity and enrolment
  'ENROL_CODE_MALFORMED',
  'ENROL_CODE_UNKNOWN',
  'ENROL_CODE_EXPIRED',
  'ENROL_DENIED',
  'ENROL_TOO_MANY_TRIES',
  'ENROL_KEY_MISMATCH',
  'CSR_INVALID',
  'CERT_NOT_OURS',
  'CERT_EXPIRED',
  'DEVICE_REVOKED',
  'SITE_REVOKED',
  // links
  'CENTRE_UNREACHABLE',
  'CENTRE_REFUSED',
  'BROKER_UNREACHABLE',
  'BROKER_REFUSED',
  'LINK_CLOSED',
  'LOCAL_LINK_UNAVAILABLE',
  'REQUEST_TIMEOUT',
  'REQUEST_UNKNOWN_SERVICE',
  'REQUEST_INVALID',
  // messages
  'PAYLOAD_TOO_LARGE',
  'PAYLOAD_MALFORMED',
  'EVENT_INVALID',
  'TWIN_INVALID',
  'TWIN_TOO_LARGE',
  'TWIN_VERSION_CONFLICT',
  // console and API
  'NOT_SIGNED_IN',
  'SIGN_IN_FAILED',
  'SIGN_IN_LOCKED',
  'PASSWORD_CHANGE_REQUIRED',
  'PASSWORD_TOO_WEAK',
  'NOT_ALLOWED',
  'NOT_FOUND',
  'INPUT_INVALID',
  'CONFLICT',
  'RATE_LIMITED',
  'CSV_INVALID',
  'INTERNAL',
] as const;
export type ErrorCode = (typeof errorCodes)[number];

/**
 * A fault with a stable code. `message` is one line in English for operators and says what to do next; screens translate the code.
 * `cause` keeps what was caught, `details` what a program may want to read (never personal data).
 */
export class TramError extends Error {
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>> | undefined;

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; details?: Readonly<Record<string, unknown>> } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'TramError';
    this.code = code;
    this.details = options.details;
  }
}

export function isTramError(value: unknown, code?: ErrorCode): value is TramError {
  return value instanceof TramError && (code === undefined || value.code === code);
}
