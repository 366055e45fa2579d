/**
 * Bounds the guessing of passwords. Wrong ones lock a name for the address that they came from, so that a stranger cannot lock out who knows the
 * password; a name that is tried from many addresses is slowed down for all of them. In memory and by the monotonic clock: a restart forgives, and a
 * wall clock that jumps changes nothing.
 */
import type { Clock } from '@tramhoc/base/clock';
import { TramError } from '@tramhoc/protocol/errors';
import { addressGroup } from './address-group.ts';
import { rateLimiter } from './rate-limiter.ts';

/** Not for the first four wrong passwords, then 30 s, doubling to 15 minutes. */
const freeTries = 4;
const firstLockMs = 30_000;
const longestLockMs = 15 * 60_000;
/** Of one name, from anywhere; whoever mistypes a password now and then does not notice. */
const triesOfName = { burst: 20, perMs: 20 * 60_000 };
/** Beyond that each try waits so long, one of an address; so many may wait: 10 guesses a second, and for that a guesser needs a new address for each five. */
const slowMs = 5_000;
const maxSlowed = 50;
const maxLocks = 20_000;

export type SignInLock = {
  /**
   * Asks `check` whether the password fits: for one name and address one after the other, so that guesses that are sent at once each count. What `check`
   * throws counts nothing. Throws SIGN_IN_LOCKED with `retryAfterS`, and RATE_LIMITED when too many wait.
   */
  guess(name: string, address: string, check: () => Promise<boolean>): Promise<boolean>;
  /** Its password was replaced: whoever had tried the old one may come in. */
  forget(name: string): void;
};

export function signInLock(clock: Clock): SignInLock {
  const locks = new Map<string, { name: string; wrongInARow: number; untilMs: number }>();
  const turns = new Map<string, Promise<unknown>>();
  const names = rateLimiter(clock, triesOfName);
  let slowed = 0;

  const demandUnlocked = (key: string): void => {
    const leftMs = (locks.get(key)?.untilMs ?? 0) - clock.monotonicMs();
    if (leftMs <= 0) return;
    const retryAfterS = Math.ceil(leftMs / 1_000);
    throw new TramError('SIGN_IN_LOCKED', `too many wrong passwords; try again in ${retryAfterS} s.`, { details: { retryAfterS } });
  };
  const slowDown = async (): Promise<void> => {
    if (slowed >= maxSlowed)
      throw new TramError('RATE_LIMITED', 'too many sign-ins at this moment; try again.', { details: { retryAfterS: slowMs / 1_000 } });
    slowed += 1;
    await clock.sleep(slowMs);
    slowed -= 1;
  };
  /** The newest stands last. */
  const countWrong = (name: string, key: string): void => {
    const wrongInARow = (locks.get(key)?.wrongInARow ?? 0) + 1;
    const lockMs = wrongInARow <= freeTries ? 0 : Math.min(longestLockMs, firstLockMs * 2 ** Math.min(10, wrongInARow - freeTries - 1));
    locks.delete(key);
    if (locks.size >= maxLocks) locks.delete(locks.keys().next().value!);
    locks.set(key, { name, wrongInARow, untilMs: clock.monotonicMs() + lockMs });
  };
  const inTurn = async (name: string, key: string, check: () => Promise<boolean>): Promise<boolean> => {
    demandUnlocked(key);
    if (names.take(name) !== undefined) await slowDown();
    const fits = await check();
    if (fits) locks.delete(key);
    else countWrong(name, key);
    return fits;
  };
  return {
    async guess(name, address, check) {
      const key = `${addressGroup(address)} ${name}`;
      const mine = (turns.get(key) ?? Promise.resolve()).then(() => inTurn(name, key, check));
      const ended = mine.catch(() => undefined);
      turns.set(key, ended);
      try {
        return await mine;
      } finally {
        if (turns.get(key) === ended) turns.delete(key);
      }
    },
    forget(name) {
      for (const [key, lock] of locks) if (lock.name === name) locks.delete(key);
    },
  };
}
