/** What a kiosk beside the reader says: first that it counted, then who it was. */
import type { CardHash } from '@tramhoc/protocol/ids';
import type { AgentNotice } from '@tramhoc/protocol/local-link';
import type { Questions } from '../link/questions.ts';

/** A tap that is on disk. `wallMs`: when it happened. */
export type Greet = (tap: { tapId: string; slot: string; wallMs: number; hash: CardHash }) => void;

export function createGreeter({ ask, tell }: { ask: Questions['ask']; tell(notice: AgentNotice): void }): Greet {
  return ({ tapId, slot, wallMs, hash }) => {
    tell({ notice: 'tap.accepted', tapId, slot, wallMs });
    ask('who-is', { cardHash: hash }).then(
      (answer) =>
        tell({
          notice: 'tap.identified',
          tapId,
          who: answer.known ? { result: 'known', name: answer.name, group: answer.group } : { result: 'unknown' },
        }),
      () => tell({ notice: 'tap.identified', tapId, who: { result: 'offline' } }),
    );
  };
}
