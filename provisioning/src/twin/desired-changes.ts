/** What a site's broker must know: everything that changed after its cursor, oldest change first. */
import type { Clock } from '@tramhoc/base/clock';
import { commandLifeMs } from '@tramhoc/protocol/command';
import type { DeviceId, SiteId } from '@tramhoc/protocol/ids';
import { DesiredDocument } from '@tramhoc/protocol/twin';
import type { DesiredChanges } from '@tramhoc/protocol/upstream';
import type { CentreStore } from '../store/centre-store.ts';

/** 256 documents of 16 KiB are 4 MiB: what one answer may weigh besides the roster. The rest follows in the next answer. */
const maxChanges = 256;

/** A cursor that is ahead of ours belongs to a centre before it was restored: the site then gets everything again. */
export function desiredChanges(store: CentreStore, clock: Clock, siteId: SiteId, asked: number): DesiredChanges {
  return store.db.transaction(() => {
    const site = store.sites.get(siteId)!;
    const after = asked > site.change_cursor ? 0 : asked;
    const changes = store.twins.changesAfter(siteId, after, maxChanges);
    const cursor = changes.length < maxChanges ? site.change_cursor : changes.at(-1)!.change_cursor;
    const answer: DesiredChanges = { siteId, cursor, documents: [], revocations: [], centreMs: clock.wallMs() };
    for (const { kind, device_id } of changes) {
      if (kind === 'document') answer.documents.push({ device: device_id, document: documentOf(store, device_id) });
      else {
        const device = store.devices.get(device_id)!;
        answer.revocations.push({ device: device_id, revokedAtMs: device.revoked_ms!, reason: device.revoked_reason! });
      }
    }
    const commands = store.devices.scansAsked(siteId, { after, until: cursor, afterMs: clock.wallMs() - commandLifeMs });
    if (commands.length > 0)
      answer.commands = commands.map(({ device_id, scan_id, modbus }) => ({
        device: device_id,
        command: { do: 'scan', scanId: scan_id, modbus: modbus === 1 },
      }));
    if (site.roster_cursor > after && site.roster_cursor <= cursor)
      answer.roster = { version: site.roster_version, holders: store.roster.holders(siteId) };
    return answer;
  });
}

function documentOf(store: CentreStore, deviceId: DeviceId): DesiredDocument {
  const row = store.twins.desired(deviceId)!;
  return DesiredDocument.parse({ version: row.version, hash: row.hash, desired: JSON.parse(row.document) });
}
