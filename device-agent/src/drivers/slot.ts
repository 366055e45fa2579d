/** One place for one piece of hardware: opens it, notices when it goes, opens it again, for as long as the slot is wanted. */
import type { Duplex } from 'node:stream';
import { type BackoffLimits, backoffMs } from '@tramhoc/base/backoff';
import type { Clock } from '@tramhoc/base/clock';
import type { Log } from '@tramhoc/base/log';
import type { Random } from '@tramhoc/base/random';
import { type ErrorCode, isTramError, TramError } from '@tramhoc/protocol/errors';
import type { AnyDriverDefinition, Driver, DriverCounters, LinkSpec, Notes, Reading, ReceiptPrinter } from './driver.ts';
import type { ItemAccess } from './item-access.ts';

/** Throws TramError DRIVER_PORT_UNAVAILABLE, or the signal's reason. The link emits 'close' once its port is free. */
export type OpenLink = (spec: LinkSpec, deps: { clock: Clock; signal: AbortSignal }) => Promise<Duplex>;

/** `lost`: it went, or it cannot be opened (`code`, `message` say why); it is tried again all the time. */
export type SlotState = 'opening' | 'open' | 'lost' | 'closed';
export type SlotStatus = {
  slot: string;
  kind: string;
  state: SlotState;
  code?: ErrorCode;
  message?: string;
  /** Bytes that made no sense, since the slot was made. */
  skippedBytes: number;
  reopenCount: number;
  /** Questions that the device left unanswered, since the slot was made. */
  timeoutCount: number;
  /** Monotonic ms: when it came into this state, and when the last good frame came. */
  sinceMs: number;
  lastFrameAtMs?: number;
};

export type SlotDeps = {
  clock: Clock;
  random: Random;
  log: Log;
  openLink: OpenLink;
  /** Of what is in this slot, on disk. */
  lasting: Notes;
  /** As `emit` of a driver: `false` when the disk refused. */
  onReading(reading: Reading): boolean;
  onStatus(status: SlotStatus): void;
};

export type Slot = {
  status(): SlotStatus;
  /** Of the driver that runs just now; undefined while the device is away or cannot do it. Ask anew for each piece of work. */
  items(): ItemAccess | undefined;
  /** Of the driver that runs just now, as above. */
  receipts(): ReceiptPrinter | undefined;
  /** For the same link. A driver that refuses it is closed and opened with it. */
  configure(config: unknown): Promise<void>;
  /** Resolves when the port is free. Idempotent. */
  close(): Promise<void>;
};

/** A pulled cable is usually plugged in again at once; an absent device costs one attempt in half a minute. */
const reopen: BackoffLimits = { firstMs: 500, maxMs: 30_000 };
/** A device that held this long was well: its next loss starts the backoff anew. */
const goodMs = 30_000;
/** Drivers wait 2 s for an answer, and some ask several times. */
const openTimeoutMs = 10_000;
const closeTimeoutMs = 2_000;

type Session = { link: Duplex; driver: Driver<unknown>; ended: Promise<TramError>; end(error: TramError): void };

export function openSlot(slot: string, definition: AnyDriverDefinition, firstConfig: unknown, deps: SlotDeps): Slot {
  const { clock, random, onStatus } = deps;
  const log = deps.log.child({ slot, driver: definition.kind });
  const closing = new AbortController();
  let config = firstConfig;
  let session: Session | undefined;
  let status: SlotStatus = { slot, kind: definition.kind, state: 'opening', ...noCounts, reopenCount: 0, sinceMs: clock.monotonicMs() };
  let before: Counts = noCounts;
  const notes = new Map<string, string>();
  definition.configured?.(firstConfig, deps.lasting);
  const counts = (): Counts => added(before, session?.driver.counters());
  const become = (state: SlotState, error?: TramError): void => {
    const { code: _code, message: _message, ...kept } = status;
    status = { ...kept, ...counts(), state, sinceMs: state === status.state ? status.sinceMs : clock.monotonicMs() };
    if (error !== undefined) status = { ...status, code: error.code, message: error.message };
    onStatus(status);
  };

  const oneSession = async (): Promise<{ error: TramError; openMs: number }> => {
    try {
      const opened = config;
      session = await openSession(definition, opened, { ...deps, log, notes, signal: closing.signal });
      if (config !== opened) await session.driver.configure(config);
    } catch (cause) {
      return { error: asSlotFault(cause), openMs: 0 };
    }
    const current = session;
    const openedAtMs = clock.monotonicMs();
    const again = status.state === 'lost';
    if (again) status = { ...status, reopenCount: status.reopenCount + 1 };
    log.info({ reopenCount: status.reopenCount }, 'slot open');
    become('open');
    const onAbort = (): void => current.end(new TramError('LINK_CLOSED', 'the slot was closed.'));
    closing.signal.addEventListener('abort', onAbort, { once: true });
    if (closing.signal.aborted) onAbort();
    const error = await current.ended;
    closing.signal.removeEventListener('abort', onAbort);
    return { error, openMs: clock.monotonicMs() - openedAtMs };
  };
  const dispose = async (): Promise<void> => {
    if (session === undefined) return;
    const { driver, link } = session;
    before = counts();
    session = undefined;
    await bounded(clock, driver.close());
    await destroyed(clock, link);
  };

  const run = async (): Promise<void> => {
    onStatus(status);
    for (let attempt = 1; !closing.signal.aborted; ) {
      const { error, openMs } = await oneSession();
      await dispose();
      if (closing.signal.aborted) break;
      attempt = openMs >= goodMs ? 1 : attempt + (openMs > 0 || status.state === 'lost' ? 1 : 0);
      const delayMs = backoffMs({ attempt, fraction: random.fraction() }, reopen);
      log.warn({ code: error.code, reason: error.message, attempt, delayMs: Math.round(delayMs) }, 'slot lost');
      become('lost', error);
      await clock.sleep(delayMs, closing.signal).catch(() => undefined);
    }
    become('closed');
  };
  const running = run();
  return {
    status: () => ({ ...status, ...counts() }),
    items: () => session?.driver.items,
    receipts: () => session?.driver.receipts,
    async configure(next) {
      config = next;
      definition.configured?.(next, deps.lasting);
      const current = session;
      if (current === undefined) return;
      try {
        await current.driver.configure(next);
      } catch (cause) {
        current.end(asSlotFault(cause));
      }
    },
    close() {
      closing.abort(new TramError('LINK_CLOSED', 'the slot was closed.'));
      return running;
    },
  };
}

/** Link and driver, both open. Whatever fails on the way is closed again. */
async function openSession(
  definition: AnyDriverDefinition,
  config: unknown,
  { clock, random, log, openLink, onReading, notes, lasting, signal }: SlotDeps & { notes: Map<string, string>; signal: AbortSignal },
): Promise<Session> {
  const spec = definition.link(config, lasting);
  const link = await openLink(spec, { clock, signal });
  const { promise: ended, resolve: end } = Promise.withResolvers<TramError>();
  const lost = (cause?: Error): void =>
    end(
      isTramError(cause) ? cause : new TramError('DRIVER_PORT_LOST', `${spec.port} closed while open; plug the cable in again.`, { cause }),
    );
  link.on('error', lost);
  link.once('close', () => lost());
  link.once('end', () => lost());
  let live = true;
  const opening: Promise<Driver<unknown>> = definition.open(link, config, {
    clock,
    random,
    log,
    emit: (reading) => live && onReading(reading),
    fail: end,
    notes,
    lasting,
  });
  const late = clock.after(openTimeoutMs, () =>
    end(new TramError('DRIVER_TIMEOUT', `${spec.port} did not answer within ${openTimeoutMs / 1_000} s; check power and cable.`)),
  );
  const onAbort = (): void => end(new TramError('LINK_CLOSED', 'the slot was closed.'));
  signal.addEventListener('abort', onAbort, { once: true });
  void ended.then(() => (live = false));
  try {
    const first = await Promise.race([opening.then((driver) => ({ driver })), ended.then((error) => ({ error }))]);
    if ('error' in first) {
      // it may still open: then it is closed at once
      opening.then((driver) => driver.close()).catch(() => undefined);
      throw first.error;
    }
    return { link, driver: first.driver, ended, end };
  } catch (cause) {
    live = false;
    await destroyed(clock, link);
    throw cause;
  } finally {
    late.cancel();
    signal.removeEventListener('abort', onAbort);
  }
}

type Counts = Pick<SlotStatus, 'skippedBytes' | 'timeoutCount' | 'lastFrameAtMs'>;
const noCounts: Counts = { skippedBytes: 0, timeoutCount: 0 };

/** A driver counts since it was opened, a slot since it was made. */
function added(before: Counts, now: DriverCounters | undefined): Counts {
  const lastFrameAtMs = now?.lastFrameAtMs ?? before.lastFrameAtMs;
  return {
    skippedBytes: before.skippedBytes + (now?.skippedBytes ?? 0),
    timeoutCount: before.timeoutCount + (now?.timeoutCount ?? 0),
    ...(lastFrameAtMs === undefined ? {} : { lastFrameAtMs }),
  };
}

function asSlotFault(cause: unknown): TramError {
  if (isTramError(cause)) return cause;
  return new TramError('DRIVER_REFUSED', `the driver failed: ${(cause as Error).message}; see the log, then report it.`, { cause });
}

/** Resolves when the link has said 'close', so that its port can be opened again. */
async function destroyed(clock: Clock, link: Duplex): Promise<void> {
  link.on('error', () => undefined);
  if (link.closed) return;
  const closed = new Promise<void>((resolve) => link.once('close', resolve));
  link.destroy();
  await bounded(clock, closed);
}

/** Waits for `work` as long as closing may take; a device that hangs must not hang the agent. */
async function bounded(clock: Clock, work: Promise<void>): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = clock.after(closeTimeoutMs, resolve);
  await Promise.race([work.catch(() => undefined), late]);
  timer.cancel();
}
