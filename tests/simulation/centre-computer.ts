/** The centre: its store, its ingest, its wishes. The HTTP server around them is left out; what its routes do with a request is done here. */

import { zstdDecompressSync } from 'node:zlib';
import type { CentreAnswer } from '@tramhoc/base/identity';
import type { Log } from '@tramhoc/base/log';
import type { DeviceId, SiteId } from '@tramhoc/protocol/ids';
import { longPollMs } from '@tramhoc/protocol/limits';
import type { DesiredState } from '@tramhoc/protocol/twin';
import { problemOf } from '@tramhoc/provisioning/http/problem';
import { readBatch } from '@tramhoc/provisioning/ingest/batch-body';
import { marksOf } from '@tramhoc/provisioning/ingest/delivery-marks';
import { groupCommit } from '@tramhoc/provisioning/ingest/group-commit';
import { ingest } from '@tramhoc/provisioning/ingest/ingest';
import { type CentreStore, openCentreStore } from '@tramhoc/provisioning/store/centre-store';
import { tellSitesAll } from '@tramhoc/provisioning/twin/after-restore';
import { changeWaiters } from '@tramhoc/provisioning/twin/change-waiters';
import { desiredChanges } from '@tramhoc/provisioning/twin/desired-changes';
import { twinDesk } from '@tramhoc/provisioning/twin/twin-desk';
import type { CentrePort, Request } from './centre-wire.ts';
import type { Program, Software } from './computer.ts';
import type { SimulatedDisk } from './simulated-disk.ts';
import type { VirtualLoop } from './virtual-loop.ts';

export type Centre = CentrePort & {
  store: CentreStore;
  /** An administrator changes a device's configuration. */
  wish(deviceId: DeviceId, desired: DesiredState): void;
};
export type Enrolled = { siteId: SiteId; brokerId: DeviceId; agents: readonly DeviceId[] };

export const centreDatabase = '/centre/centre.sqlite';
const administrator = { actor: 'admin', address: '127.0.0.1' };

export function centreSoftware({
  disk,
  enrolled,
  loop,
  log,
  onServing,
  onAnswer,
}: {
  disk: SimulatedDisk;
  enrolled: readonly Enrolled[];
  loop: VirtualLoop;
  log: Log;
  onServing(centre: Centre | undefined): void;
  /** Before a receipt leaves: what it speaks of must be on disk. */
  onAnswer(siteId: string, batch: readonly unknown[]): void;
}): Software {
  return {
    async start(program) {
      const { clock } = program;
      const store = openCentreStore('/centre', disk.mountedBy(program));
      enrol(store, enrolled, clock.wallMs());
      const { texts } = disk;
      tellSitesAll(store, '/centre', log, { read: (path) => texts.get(path), remove: (path) => void texts.delete(path) });
      const take = groupCommit({
        ...{ db: store.db, ingest: ingest({ store, clock, log }) },
        soon: (work) => void loop.at(program, loop.busyMs(program), 'soon', work),
      });
      const waiters = changeWaiters(clock);
      const audit = { note: () => undefined };
      const desk = twinDesk({ store, clock, audit: audit as never, changed: ({ siteId }) => waiters.wake(siteId) });
      const routes = { take, waiters, store, program };
      const batches = new WeakMap<Request, readonly unknown[]>();
      const centre: Centre = {
        owner: program,
        store,
        async answer(siteId, request, gone) {
          try {
            if (request.path.startsWith('/v1/desired')) return await desired(routes, siteId as SiteId, request, gone);
            const batch = await readBatch(zstdDecompressSync(request.body as Uint8Array), undefined);
            batches.set(request, batch);
            return answerOf(200, (await take(siteId as SiteId, batch, marksOf(request.headers ?? {}))).receipt);
          } catch (error) {
            const problem = problemOf(error);
            if (problem.status >= 500) log.error({ err: error }, 'a request failed');
            return answerOf(problem.status, problem);
          }
        },
        answered(siteId, request) {
          const batch = batches.get(request);
          if (batch !== undefined) onAnswer(siteId, batch);
        },
        wish(deviceId, wanted) {
          desk.setDesired(deviceId, { ifVersion: store.twins.desired(deviceId)?.version ?? 0, desired: wanted }, administrator as never);
        },
      };
      program.onEnd.push(() => onServing(undefined));
      onServing(centre);
      return {
        stop() {
          waiters.wakeAll();
          store.close();
          return Promise.resolve();
        },
      };
    },
  };
}

function enrol(store: CentreStore, enrolled: readonly Enrolled[], nowMs: number): void {
  if (store.sites.all().length > 0) return;
  store.db.transaction(() => {
    for (const { siteId, brokerId, agents } of enrolled) {
      store.sites.insert({
        ...{ site_id: siteId, name: siteId, broker_host: siteId, broker_port: 8883, card_key: cardKey, broker_device_id: brokerId },
        created_ms: nowMs,
      });
      for (const deviceId of [brokerId, ...agents])
        store.devices.insert({
          ...{ device_id: deviceId, site_id: siteId, role: deviceId === brokerId ? ('broker' as const) : ('agent' as const) },
          ...{ name: deviceId.slice(0, 8), model: '', serial: '', agent_version: '', fingerprint: deviceId, enrolled_ms: nowMs },
        });
    }
  });
}
export const cardKey = '5a'.repeat(32);

async function desired(
  { waiters, store, program }: { waiters: ReturnType<typeof changeWaiters>; store: CentreStore; program: Program },
  siteId: SiteId,
  { path }: Request,
  gone: AbortSignal,
): Promise<CentreAnswer> {
  const after = Number(new URLSearchParams(path.slice(path.indexOf('?') + 1)).get('after'));
  if (store.sites.get(siteId)!.change_cursor === after) await waiters.wait(siteId, longPollMs, gone);
  return answerOf(200, desiredChanges(store, program.clock, siteId, after));
}

function answerOf(status: number, body: unknown): CentreAnswer {
  return { status, headers: {}, body: Buffer.from(JSON.stringify(body)) };
}
