/** Stands in for a site's broker towards the centre: posts batches one after the other, each until it has its receipt. The receipts go into the ledger. */
import { join } from 'node:path';
import { systemClock } from '@tramhoc/base/clock';
import { centreClient, loadIdentity } from '@tramhoc/base/identity';
import { DeviceId, SiteId } from '@tramhoc/protocol/ids';
import { EventReceipt } from '@tramhoc/protocol/upstream';
import { until } from '../world/until.ts';
import { eventMaker } from './publisher.ts';
import { siteId, type Town } from './town.ts';

export type BatchPoster = { run(ms: number): Promise<void>; pause(): void; idle(): Promise<void> };

const clock = systemClock();
const maxBatchEvents = 40;
const tryAgainMs = 50;

export function startBatchPoster(town: Town): BatchPoster {
  const identity = loadIdentity(join(town.dataFolder('broker')))!;
  const centre = centreClient({ url: town.centreUrl, caFile: join(town.folder, 'root.pem') }, identity);
  const clients = (['client-1', 'client-2'] as const).map((name) =>
    eventMaker({ siteId: SiteId.parse(siteId), deviceId: DeviceId.parse(town.deviceIds[name]) }),
  );
  let batch: { id: string }[] = [];
  let paused = true;
  let at = 0;
  const post = async (): Promise<void> => {
    if (batch.length === 0) {
      const make = clients[at % clients.length]!;
      batch = Array.from({ length: 1 + ((at * 7) % maxBatchEvents) }, make);
      at += 1;
      for (const { id } of batch) town.ledger.made(id);
    }
    const answer = await centre.request({
      ...{ method: 'POST', path: '/v1/events', headers: { 'content-type': 'application/cloudevents-batch+json' } },
      body: JSON.stringify(batch),
      timeoutMs: 5_000,
    });
    if (answer.status !== 200) throw new Error(`HTTP ${answer.status}`);
    EventReceipt.parse(JSON.parse(answer.body.toString('utf8')));
    for (const { id } of batch) town.ledger.acknowledge(id, 'receipt');
    batch = [];
  };
  const work = async (): Promise<void> => {
    while (!paused || batch.length > 0) await post().catch(() => clock.sleep(tryAgainMs));
    working = undefined;
  };
  let working: Promise<void> | undefined;
  return {
    async run(ms) {
      paused = false;
      const before = town.ledger.acknowledged.size;
      working ??= work();
      await until('the centre gives receipts', () => town.ledger.acknowledged.size > before);
      await clock.sleep(ms);
    },
    pause: () => {
      paused = true;
    },
    async idle() {
      await working;
    },
  };
}
