/**
 * Who is there. A device is online while it has a connection; each change is kept and told upstream in one commit. Being taken over (a second
 * connection under the same name, as after a cut that the broker has not noticed) is no absence. `told`, in the table, is where the last fact of a
 * device stands: that one is not given up (upstream/retention.ts).
 */
import type { Log } from '@tramhoc/base/log';
import type { EventData } from '@tramhoc/protocol/event';
import type { DeviceId } from '@tramhoc/protocol/ids';
import type { SiteDatabase } from '../site-database.ts';
import type { Ingest } from './ingest.ts';
import type { OwnFacts } from './own-facts.ts';

type Reason = EventData<'vn.tramhoc.site.presence.v1'>['reason'];
export type PresenceRow = { device: DeviceId; online: boolean; reason: Reason; sinceMs: number; agentVersion: string | null };

export type PresenceBook = {
  arrived(device: DeviceId): void;
  left(device: DeviceId, reason: Exclude<Reason, 'connected' | 'restart'>): void;
  /** What the device says of itself in its presence document. */
  describe(device: DeviceId, agentVersion: string): void;
  /** Inside no transaction: everyone the store thinks online is gone, since the broker stops or has been stopped. */
  allGone(): void;
  list(): PresenceRow[];
};

export function createPresenceBook(options: {
  database: SiteDatabase;
  ingest: Ingest;
  ownFacts: OwnFacts;
  wallMs(): number;
  log: Log;
}): PresenceBook {
  const { database, ingest, ownFacts, wallMs, log } = options;
  const put = database.prepare(
    `INSERT INTO presence (device, online, reason, since_ms, told) VALUES (?, ?, ?, ?, ?) ON CONFLICT (device)
     DO UPDATE SET online = excluded.online, reason = excluded.reason, since_ms = excluded.since_ms, told = excluded.told`,
  );
  const describe = database.prepare('UPDATE presence SET agent_version = ? WHERE device = ?');
  const list = database.prepare<Omit<PresenceRow, 'online'> & { online: number }>(
    'SELECT device, online, reason, since_ms AS sinceMs, agent_version AS agentVersion FROM presence ORDER BY device LIMIT 1000',
  );
  /** Connections of each device; as many as the listener lets in. */
  const connections = new Map<DeviceId, number>();

  const change = (device: DeviceId, online: boolean, reason: Reason): void => {
    const told = ownFacts.append({ type: 'vn.tramhoc.site.presence.v1', data: { device, online, reason } });
    put.run(device, online ? 1 : 0, reason, wallMs(), told);
  };
  const say = (write: () => void): void => {
    ingest.write(write).catch((err: unknown) => log.warn({ err }, 'a change of presence could not be stored'));
  };
  const rows = (): PresenceRow[] => list.all().map((row) => ({ ...row, online: row.online === 1 }));
  return {
    arrived(device) {
      const before = connections.get(device) ?? 0;
      connections.set(device, before + 1);
      if (before === 0) say(() => change(device, true, 'connected'));
    },
    left(device, reason) {
      const after = (connections.get(device) ?? 1) - 1;
      if (after > 0) {
        connections.set(device, after);
        if (reason === 'taken-over') say(() => change(device, true, 'taken-over'));
        return;
      }
      connections.delete(device);
      say(() => change(device, false, reason));
    },
    describe: (device, agentVersion) => say(() => void describe.run(agentVersion, device)),
    allGone() {
      connections.clear();
      database.transaction(() => {
        for (const { device, online } of rows()) if (online) change(device, false, 'restart');
      });
    },
    list: rows,
  };
}
