/** From a card or code on a reader to an event on disk, and to what the screen says. */
import type { Clock } from '@tramhoc/base/clock';
import { cardHash } from '@tramhoc/base/digest';
import type { Log } from '@tramhoc/base/log';
import { isTramError } from '@tramhoc/protocol/errors';
import { type CardHash, SlotId } from '@tramhoc/protocol/ids';
import type { AgentNotice } from '@tramhoc/protocol/local-link';
import type { SlotReading } from '../drivers/slots.ts';
import type { Questions } from '../link/questions.ts';
import type { Outbox } from '../outbox/outbox.ts';
import { holderOfCode } from './code-text.ts';
import { defaultIgnoreRepeatTapMs, forgetTap, noCards, presentCard, type TapMemory } from './tap-machine.ts';

export type Taps = {
  /** Cards, and codes of scanners whose config says `use: attendance`; other readings are not for it. Never throws. */
  take(reading: SlotReading): void;
};

type Presented = { hash: CardHash; technology: 'em4100' | 'iso14443' | 'iso15693' | 'code' };

export function createTaps({
  outbox,
  cardKey,
  ask,
  tell,
  clock,
  log,
}: {
  outbox: Pick<Outbox, 'accept'>;
  cardKey: string;
  ask: Questions['ask'];
  tell(notice: AgentNotice): void;
  clock: Clock;
  log: Log;
}): Taps {
  const memories = new Map<string, TapMemory>();
  const identify = (tapId: string, hash: CardHash): void => {
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
  const record = (slot: string, { hash, technology }: Presented): void => {
    const startedMs = clock.monotonicMs();
    const wallMs = Math.round(clock.wallMs());
    try {
      const { seq, id } = outbox.accept('vn.tramhoc.attendance.tap.v1', { slot: SlotId.parse(slot), cardHash: hash, technology });
      log.info({ slot, seq, durationMs: Math.round(clock.monotonicMs() - startedMs) }, 'tap recorded');
      tell({ notice: 'tap.accepted', tapId: id, slot, wallMs });
      identify(id, hash);
    } catch (err) {
      memories.set(slot, forgetTap(memories.get(slot) ?? noCards, hash));
      const code = isTramError(err) ? err.code : 'INTERNAL';
      log.error({ err, slot, code }, 'a tap could not be kept');
      tell({ notice: 'tap.refused', slot, code });
    }
  };
  return {
    take(from) {
      const presented = presentedBy(from, cardKey);
      if (presented === undefined) return;
      const { slot, config } = from;
      const { memory, verdict } = presentCard(
        memories.get(slot) ?? noCards,
        { card: presented.hash, nowMs: clock.monotonicMs() },
        { ignoreRepeatTapMs: repeatTimeOf(config) },
      );
      memories.set(slot, memory);
      if (verdict === 'record') record(slot, presented);
      else if (verdict === 'again') tell({ notice: 'tap.repeated', slot });
    },
  };
}

/** Numbers become keyed hashes here, before anything else looks at them. */
function presentedBy({ reading, config }: SlotReading, cardKey: string): Presented | undefined {
  if (reading.kind === 'card') return { hash: cardHash({ cardKey, number: reading.uid }), technology: reading.technology };
  if (reading.kind !== 'code' || config['use'] !== 'attendance') return undefined;
  const holder = holderOfCode(reading.text);
  return holder === undefined ? undefined : { hash: cardHash({ cardKey, number: holder }), technology: 'code' };
}

/** A driver whose config has `ignoreRepeatTapMs` lets IT change it. */
function repeatTimeOf(config: Readonly<Record<string, unknown>>): number {
  const value = config['ignoreRepeatTapMs'];
  return typeof value === 'number' && value > 0 ? value : defaultIgnoreRepeatTapMs;
}
