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
import { createGreeter } from './greeter.ts';
import type { PunchLedger } from './punch-ledger.ts';
import { createPunches } from './punches.ts';
import { defaultIgnoreRepeatTapMs, forgetTap, noCards, presentCard, type TapMemory } from './tap-machine.ts';

export type Taps = {
  /**
   * Cards, codes of scanners whose config says `use: attendance`, and punches of attendance terminals; other readings are not for it.
   * `false`: the disk refused. Never throws.
   */
  take(reading: SlotReading): boolean;
};

type Presented = { hash: CardHash; technology: 'em4100' | 'iso14443' | 'iso15693' | 'code' };

export function createTaps({
  outbox,
  ledger,
  cardKey,
  ask,
  tell,
  clock,
  log,
}: {
  outbox: Pick<Outbox, 'accept'>;
  ledger: Pick<PunchLedger, 'has' | 'add'>;
  cardKey: string;
  ask: Questions['ask'];
  tell(notice: AgentNotice): void;
  clock: Clock;
  log: Log;
}): Taps {
  const memories = new Map<string, TapMemory>();
  const greet = createGreeter({ ask, tell });
  const punches = createPunches({ outbox, ledger, cardKey, greet, clock, log });
  const record = (slot: string, { hash, technology }: Presented): boolean => {
    const startedMs = clock.monotonicMs();
    const wallMs = Math.round(clock.wallMs());
    try {
      const { seq, id } = outbox.accept('vn.tramhoc.attendance.tap.v1', { slot: SlotId.parse(slot), cardHash: hash, technology });
      log.info({ slot, seq, durationMs: Math.round(clock.monotonicMs() - startedMs) }, 'tap recorded');
      greet({ tapId: id, slot, wallMs, hash });
      return true;
    } catch (err) {
      memories.set(slot, forgetTap(memories.get(slot) ?? noCards, hash));
      const code = isTramError(err) ? err.code : 'INTERNAL';
      log.error({ err, slot, code }, 'a tap could not be kept');
      tell({ notice: 'tap.refused', slot, code });
      return false;
    }
  };
  return {
    take(from) {
      const { slot, config, reading } = from;
      if (reading.kind === 'punch') return punches.take({ slot, config, punch: reading });
      const presented = presentedBy(from, cardKey);
      if (presented === undefined) return true;
      const { memory, verdict } = presentCard(
        memories.get(slot) ?? noCards,
        { card: presented.hash, nowMs: clock.monotonicMs() },
        { ignoreRepeatTapMs: repeatTimeOf(config) },
      );
      memories.set(slot, memory);
      if (verdict === 'record') return record(slot, presented);
      if (verdict === 'again') tell({ notice: 'tap.repeated', slot });
      return memory.get(presented.hash)?.counted ?? true;
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
