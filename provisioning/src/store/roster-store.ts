/** Card holders of a site. */
import type { Database } from '@tramhoc/base/sqlite';
import type { CardHash, SiteId } from '@tramhoc/protocol/ids';
import type { CardHolder } from '@tramhoc/protocol/roster';

export type RosterStore = ReturnType<typeof rosterStore>;

export function rosterStore(db: Database) {
  const clear = db.prepare('DELETE FROM roster WHERE site_id = ?');
  const add = db.prepare('INSERT INTO roster (site_id, card_hash, person_id, name, group_name) VALUES (?, ?, ?, ?, ?)');
  const holders = db.prepare<{ card_hash: CardHash; person_id: string; name: string; group_name: string }>(
    'SELECT card_hash, person_id, name, group_name FROM roster WHERE site_id = ? ORDER BY group_name, name, person_id, card_hash',
  );
  const holder = db.prepare<{ person_id: string; name: string; group_name: string }>(
    'SELECT person_id, name, group_name FROM roster WHERE site_id = ? AND card_hash = ?',
  );
  return {
    holder: (siteId: SiteId, cardHash: string) => holder.get(siteId, cardHash),
    /** Inside a transaction. */
    replace(siteId: SiteId, people: readonly CardHolder[]) {
      clear.run(siteId);
      for (const person of people) add.run(siteId, person.cardHash, person.personId, person.name, person.group);
    },
    holders: (siteId: SiteId): CardHolder[] =>
      holders.all(siteId).map((row) => ({ cardHash: row.card_hash, personId: row.person_id, name: row.name, group: row.group_name })),
  };
}
