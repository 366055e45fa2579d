/** Brings the slots to what the centre wants, and reports what runs: once for each version and result. */
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
  /** Closes all slots until `start` is called again. */
  stop(): Promise<void>;
};

export function createReconciler({
  store,
  slots,
  definitionOf,
  report,
  log,
}: {
  store: TwinStore;
  slots: Slots;
  definitionOf: DefinitionOf;
  /** Returns after the commit. */
  report(data: Report): void;
  log: Log;
}): Reconciler {
  let file: TwinFile = store.load();
  let waiting: Buffer | undefined;
  let stopped = true;
  let work: Promise<void> = Promise.resolve();

  const tell = (errors: WishError[]): void => {
    const data: Report = {
      appliedVersion: file.document?.version ?? 0,
      hash: file.document?.hash ?? '',
      drivers: withoutSecrets(file.running, definitionOf) as Report['drivers'],
      errors,
    };
    const reported = sha256Hex(canonicalJson(data));
    if (reported === file.reported) return;
    report(data);
    file = { ...file, reported };
    store.save(file);
  };
  const runDocument = async (document: TwinFile['document']): Promise<void> => {
    const plan = planWishes(document?.desired.drivers ?? {}, { running: file.running, definitionOf });
    // on disk first: a crash half way starts again with what is wanted
    file = { running: plan.wanted, reported: file.reported, document } as TwinFile;
    store.save(file);
    for (const step of planTwin(slots.running(), plan.wanted, (before, after) => sameLink(before, after, definitionOf))) {
      log.info({ slot: step.slot, step: step.do, version: document?.version }, 'twin step');
      await slots.apply(step);
    }
    if (document !== undefined) tell(plan.errors);
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
        return tell([admission.error]);
      case 'nothing':
        return;
      default:
        return admission satisfies never;
    }
  };
  /** One piece of work at a time; a fault in one does not end the next. */
  const queue = (next: () => Promise<void>): Promise<void> => {
    work = work.then(next).catch((err: unknown) => log.error({ err }, 'the desired document could not be followed'));
    return work;
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
    stop() {
      stopped = true;
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
