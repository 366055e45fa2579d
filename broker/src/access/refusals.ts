/** Counts what was refused and says so once per device (or address), reason and minute: a mad device must not fill the log. */
import type { Clock } from '@tramhoc/base/clock';
import type { Log } from '@tramhoc/base/log';
import type { RefusalReason } from './access-rules.ts';

export type Refusals = {
  /** `who` is a device id, or an address while there is none. `advice` says what a person can do about it. */
  note(refusal: { reason: RefusalReason; who: string; advice: string; detail?: string }): void;
};

const sayAgainMs = 60_000;
/** Lines remembered: every device of a large site with several reasons each. */
const maxRemembered = 5_000;

export function createRefusals({ clock, log, count }: { clock: Clock; log: Log; count(reason: RefusalReason): void }): Refusals {
  const said = new Map<string, { atMs: number; since: number }>();
  return {
    note({ reason, who, advice, detail }) {
      count(reason);
      const key = `${who} ${reason}`;
      const nowMs = clock.monotonicMs();
      const last = said.get(key);
      if (last !== undefined && nowMs - last.atMs < sayAgainMs) {
        last.since += 1;
        return;
      }
      if (said.size >= maxRemembered) said.clear();
      said.set(key, { atMs: nowMs, since: 0 });
      log.warn({ who, reason, detail, alsoSinceLastLine: last?.since ?? 0 }, `refused: ${advice}`);
    },
  };
}
