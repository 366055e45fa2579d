/**
 * User name and password of a gateway. The slow hash is computed once for each right password and remembered as a keyed hash, so that fifty gadgets
 * that come back after a power cut cost fifty fast ones; whoever guesses pays with time, by address and by name.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Clock } from '@tramhoc/base/clock';
import type { Random } from '@tramhoc/base/random';
import { createRateLimiter } from '@tramhoc/base/rate-limit';
import type { Gateway } from './gateway-config.ts';
import { passwordFits } from './password.ts';

export type SignInVerdict = { ok: true; gateway: Gateway } | { ok: false; why: 'wrong' | 'too-many' };
export type Credentials = { address: string; user: string | undefined; password: Uint8Array | undefined };
export type SignIn = { check(credentials: Credentials): Promise<SignInVerdict> };

/** A wrong password in a gadget is tried again every few seconds for ever: after ten it is no longer looked at for a minute. */
const tries = { burst: 10, perSecond: 1 / 30 };
const triesOfAddress = { burst: 60, perSecond: 1 };
const pauseMs = 60_000;
const maxPaused = 1_024;
/** Slow hashes at one time, and callers that wait for theirs: 2 x 19 MiB. */
const maxAtOnce = 2;
const maxWaiting = 64;
const maxPasswordBytes = 128;
/** Of a password that nobody knows: a name that nobody has costs as much time as one that somebody has. */
const nobodysHash = '$argon2id$v=19$m=19456,t=2,p=1$JbiNE/8CXmfUCe5mPeWBYw$srjI/2f0XRigbui2orWyIWUrfQ3duHdIwsfyVyWdNWg';

export function createSignIn({ gateways, clock, random }: { gateways: readonly Gateway[]; clock: Clock; random: Random }): SignIn {
  const byUser = new Map(gateways.map((gateway) => [gateway.entry.user, gateway]));
  const key = random.bytes(32);
  const fast = (user: string, password: string): Buffer => createHmac('sha256', key).update(`${user}\0${password}`).digest();
  /** User -> keyed hash of the password that was right. */
  const right = new Map<string, Buffer>();
  const nowMs = (): number => clock.monotonicMs();
  const failures = createRateLimiter(tries, { maxKeys: maxPaused, nowMs });
  const failuresOfAddress = createRateLimiter(triesOfAddress, { maxKeys: maxPaused, nowMs });
  const paused = new Map<string, number>();
  const slots = createSlots();

  const isPaused = (name: string): boolean => {
    const untilMs = paused.get(name);
    if (untilMs === undefined) return false;
    if (untilMs > nowMs()) return true;
    paused.delete(name);
    return false;
  };
  const pause = (name: string): void => {
    if (paused.size >= maxPaused) paused.delete(paused.keys().next().value!);
    paused.set(name, nowMs() + pauseMs);
  };

  return {
    async check({ address, user = '', password: bytes = new Uint8Array() }) {
      const names = [address, `${address} ${user.slice(0, 64)}`];
      if (names.some(isPaused)) return { ok: false, why: 'too-many' };
      const password = Buffer.from(bytes).toString('utf8');
      const gateway = byUser.get(user);
      const known = gateway === undefined ? undefined : right.get(user);
      const given = fast(user, password);
      if (gateway !== undefined && known !== undefined && timingSafeEqual(known, given)) return { ok: true, gateway };
      const hash = gateway?.entry.passwordHash ?? nobodysHash;
      const fits = bytes.length > maxPasswordBytes ? false : await slots.run(() => passwordFits(password, hash));
      if (fits === undefined) return { ok: false, why: 'too-many' };
      if (fits && gateway !== undefined) {
        right.set(user, given);
        return { ok: true, gateway };
      }
      if (!failuresOfAddress.take(address)) pause(names[0]!);
      if (!failures.take(names[1]!)) pause(names[1]!);
      return { ok: false, why: 'wrong' };
    },
  };
}

/** Runs a few at a time; undefined when too many wait. */
function createSlots(): { run<Result>(work: () => Promise<Result>): Promise<Result | undefined> } {
  let running = 0;
  const waiting: (() => void)[] = [];
  return {
    async run(work) {
      if (running >= maxAtOnce) {
        if (waiting.length >= maxWaiting) return undefined;
        await new Promise<void>((resolve) => waiting.push(resolve));
      } else running += 1;
      try {
        return await work();
      } finally {
        // the place goes to the next one, or back
        const next = waiting.shift();
        if (next === undefined) running -= 1;
        else next();
      }
    },
  };
}
