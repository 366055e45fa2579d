/** Who carries which card at this site. Numbers are keyed hashes; names never go into a log or upstream. */
import type { CardHash } from '@tramhoc/protocol/ids';
import type { Answer } from '@tramhoc/protocol/request';
import type { SiteRoster } from '@tramhoc/protocol/roster';
import type { SiteDatabase } from '../site-database.ts';

export type CardList = {
  /** Inside a transaction: the whole list is exchanged, so that who left the school is unknown from then on. */
  replace(roster: SiteRoster): void;
  whoIs(cardHash: CardHash): Answer<'who-is'>;
  version(): number;
  count(): number;
};

const versionKey = 'roster.version';

export function createCardList(database: SiteDatabase): CardList {
  const clear = database.prepare('DELETE FROM card_holder');
  const insert = database.prepare('INSERT OR REPLACE INTO card_holder (card_hash, person_id, name, person_group) VALUES (?, ?, ?, ?)');
  const find = database.prepare<{ personId: string; name: string; group: string }>(
    'SELECT person_id AS personId, name, person_group AS "group" FROM card_holder WHERE card_hash = ?',
  );
  const count = database.prepare<{ cards: number }>('SELECT count(*) AS cards FROM card_holder');
  return {
    replace({ version, holders }) {
      clear.run();
      for (const { cardHash, personId, name, group } of holders) insert.run(cardHash, personId, name, group);
      database.meta.set(versionKey, String(version));
    },
    whoIs(cardHash) {
      const holder = find.get(cardHash);
      return holder === undefined ? { known: false } : { known: true, ...holder };
    },
    version: () => Number(database.meta.get(versionKey) ?? 0),
    count: () => count.get()!.cards,
  };
}
