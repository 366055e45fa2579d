/** Brings the slots to what the centre wants, and reports what runs: for each version and result, at each start, and a few times a day. */
import type { Clock, Timer } from '@tramhoc/base/clock';
import { sha256Hex } from '@tramhoc/base/digest';
import type { Log } from '@tramhoc/base/log';
import type { EventData } from '@tramhoc/protocol/event';
import { canonicalJson, type DriverWish } from '@tramhoc/protocol/twin';
import { z } from 'zod';
import type { Slots } from '../drivers/slots.ts';
import { admitDesired } from './admit-desired.ts';
import { planTwin, type SlotWishes } from './plan-twin.ts';
import { type DefinitionOf, planWishes, sameLink, type WishError } from './plan-wishes.ts';
import type { TwinFile, TwinStore } from './twin-store.ts';

type Report = EventData<'vn.tramhoc.twin.reported.v1'>;
export type Reconciler = {
  /** Opens the slots of the last document on disk. Resolves when every step was taken; a device that does not answer does not hold it up. */
  start(): Promise<void>;
  /** The retained document, or a newer one. Of several that arrive while one is worked on, only the last is looked at. */
  desiredArrived(payload: Buffer): void;
  /** The last report may have been given up on the way: it is made again. */
  tellAgain(): void;
  /** Closes all slots until `start` is called again. */
  stop(): Promise<void>;
};

/** After a fault, of the disk mostly: what was begun is done again from its beginning. */
const retryMs = 10_000;
/** The document that runs comes again with each new connection: the site may have lost our report with its disk. A link that flaps tells it no oftener. */
const tellAgainMs = 5 * 60_000;
/** A full site may have given our report up, a centre may have been put back from a backup; nobody tells us. Four small events a day mend it. */
const tellRegularlyMs = 6 * 3_600_000;

export function createReconciler({
  store,
  slots,
  definitionOf,
  report,
  clock,
  log,
}: {
  store: TwinStore;
  slots: Slots;
  definitionOf: DefinitionOf;
  /** Returns after the commit. */
  report(data: Report): void;
  clock: Clock;
  log: Log;
}): Reconciler {
  let file: TwinFile = store.load();
  let waiting: Buffer | undefined;
  let stopped = true;
  let work: Promise<void> = Promise.resolve();
  let retry: Timer | undefined;
  let again: Timer | undefined;
  let toldMs = Number.NEGATIVE_INFINITY;
  /** Of the last document. */
  let errors: WishError[] = [];
  /** Hash of the last report. A restart forgets it, so that a report which went with its outbox is made again. */
  let reported: string | undefined;

  const tell = (): void => {
    const data: Report = {
      appliedVersion: file.document?.version ?? 0,
      hash: file.document?.hash ?? '',
      drivers: withoutSecrets(file.running, definitionOf) as Report['drivers'],
      errors,
    };
    const hash = sha256Hex(canonicalJson(data));
    if (hash === reported) return;
    report(data);
    reported = hash;
    toldMs = clock.monotonicMs();
    tellAnewAfter(tellRegularlyMs);
  };
  /** Counted from the last report. */
  const tellAnewAfter = (ms: number): void => {
    again?.cancel();
    again = clock.after(Math.max(0, toldMs + ms - clock.monotonicMs()), tellAnew, { background: true });
  };
  const tellAnew = (): void => {
    reported = undefined;
    void queue(async () => {
      if (!stopped && file.document !== undefined) tell();
    });
  };
  const runDocument = async (document: TwinFile['document']): Promise<void> => {
    const plan = planWishes(document?.desired.drivers ?? {}, { running: file.running, definitionOf });
    // on disk first: a crash half way starts again with what is wanted
    file = { running: plan.wanted, document } as TwinFile;
    store.save(file);
    for (const step of planTwin(slots.running(), plan.wanted, (before, after) => sameLink(before, after, definitionOf))) {
      log.info({ slot: step.slot, step: step.do, version: document?.version }, 'twin step');
      await slots.apply(step);
    }
    errors = plan.errors;
    if (document !== undefined) tell();
  };
  const look = async (): Promise<void> => {
    const payload = waiting;
    waiting = undefined;
    if (payload === undefined || stopped) return;
    const admission = admitDesired(payload, file.document);
    switch (admission.verdict) {
      case 'follow':
        return runDocument(admission.document);
      case 'refuse':
        log.warn({ code: admission.error.code, reason: admission.error.message }, 'a desired document was refused');
        errors = [admission.error];
        return tell();
      case 'nothing':
        return tellAnewAfter(tellAgainMs);
      default:
        return admission satisfies never;
    }
  };
  /** One piece of work at a time; a fault in one does not end the next. */
  const queue = (next: () => Promise<void>): Promise<void> => {
    work = work.then(next).catch((err: unknown) => {
      log.error({ err }, 'the desired document could not be followed; tried again');
      retry?.cancel();
      if (!stopped) retry = clock.after(retryMs, () => void queue(redo));
    });
    return work;
  };
  const redo = async (): Promise<void> => {
    if (!stopped) await runDocument(file.document);
  };
  return {
    start: () =>
      queue(async () => {
        stopped = false;
        await runDocument(file.document);
      }),
    desiredArrived(payload) {
      waiting = payload;
      void queue(look);
    },
    tellAgain: tellAnew,
    stop() {
      stopped = true;
      retry?.cancel();
      again?.cancel();
      return queue(() => slots.closeAll());
    },
  };
}

/** Values of keys that the driver's schema calls secret are masked: reports travel as events and are seen by more people than configs. */
function withoutSecrets(running: SlotWishes, definitionOf: DefinitionOf): SlotWishes {
  return Object.fromEntries(
    Object.entries(running).map(([slot, wish]): [string, DriverWish] => {
      const definition = definitionOf(wish.kind);
      if (definition === undefined) return [slot, wish];
      const schema = z.toJSONSchema(definition.configSchema, { io: 'input' }) as { properties?: Record<string, { secret?: boolean }> };
      const config = Object.entries(wish.config).map(([key, value]) => [key, schema.properties?.[key]?.secret === true ? '***' : value]);
      return [slot, { kind: wish.kind, config: Object.fromEntries(config) }];
    }),
  );
}
