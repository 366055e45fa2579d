/** What the centre wants of this site, kept so that devices are served after a restart without the centre. */

import type { DeviceCommand } from '@tramhoc/protocol/command';
import type { DeviceId } from '@tramhoc/protocol/ids';
import type { SiteRoster } from '@tramhoc/protocol/roster';
import { DesiredDocument } from '@tramhoc/protocol/twin';
import type { Revocation } from '@tramhoc/protocol/upstream';
import type { CardList } from '../services/card-list.ts';
import type { SiteDatabase } from '../site-database.ts';

export type Wishes = {
  cursor: number;
  documents: { device: DeviceId; document: DesiredDocument }[];
  revocations: Revocation[];
  roster?: SiteRoster;
  /** For whoever is connected now; not kept. */
  commands?: { device: DeviceId; command: DeviceCommand }[];
  /** Something among them could not be read by this version. */
  skipped?: boolean;
};
export type WishStore = {
  cursor(): number;
  /** Everything of one answer in one transaction, the cursor with it. */
  keep(wishes: Wishes): void;
  documents(): { device: DeviceId; document: DesiredDocument }[];
  isRevoked(device: DeviceId): boolean;
  /** From now on, in memory; keep() makes it last. */
  revoke(devices: readonly DeviceId[]): void;
  revokedCount(): number;
};

const cursorKey = 'downlink.cursor';
const skippedKey = 'downlink.skipped';

export function createWishStore(database: SiteDatabase, cards: CardList): WishStore {
  const putDocument = database.prepare(
    'INSERT INTO desired (device, version, document) VALUES (?, ?, ?) ON CONFLICT (device) DO UPDATE SET version = excluded.version, document = excluded.document',
  );
  const documents = database.prepare<{ device: DeviceId; document: string }>('SELECT device, document FROM desired');
  const putRevocation = database.prepare(
    'INSERT INTO revocation (device, revoked_ms, reason) VALUES (?, ?, ?) ON CONFLICT (device) DO NOTHING',
  );
  const revocations = database.prepare<{ device: DeviceId }>('SELECT device FROM revocation');
  // maybe this start is that of a version that can read it: everything is asked for again
  if (database.meta.get(skippedKey) === '1')
    database.transaction(() => {
      database.meta.set(cursorKey, '0');
      database.meta.set(skippedKey, '0');
    });
  const revoked = new Set(revocations.all().map(({ device }) => device));
  return {
    cursor: () => Number(database.meta.get(cursorKey) ?? 0),
    keep(wishes) {
      database.transaction(() => {
        for (const { device, document } of wishes.documents) putDocument.run(device, document.version, JSON.stringify(document));
        for (const { device, revokedAtMs, reason } of wishes.revocations) putRevocation.run(device, revokedAtMs, reason);
        if (wishes.roster !== undefined) cards.replace(wishes.roster);
        if (wishes.skipped === true) database.meta.set(skippedKey, '1');
        database.meta.set(cursorKey, String(wishes.cursor));
      });
    },
    revoke(devices) {
      for (const device of devices) revoked.add(device);
    },
    documents: () => documents.all().map(({ device, document }) => ({ device, document: DesiredDocument.parse(JSON.parse(document)) })),
    isRevoked: (device) => revoked.has(device),
    revokedCount: () => revoked.size,
  };
}
