/** Passwords: the first one, signing in with them, changing and replacing them. */
import type { Clock } from '@tramhoc/base/clock';
import type { Log } from '@tramhoc/base/log';
import type { Random } from '@tramhoc/base/random';
import { crockford, inGroups } from '@tramhoc/protocol/base32';
import { isTramError, TramError } from '@tramhoc/protocol/errors';
import type { Me } from '../api/contract.ts';
import type { Actor, AuditLog } from '../audit/audit-log.ts';
import type { CentreMetrics } from '../http/metrics.ts';
import type { AccessStore, UserRow } from '../store/access-store.ts';
import { addressGroup } from './address-group.ts';
import { type ApiTokens, apiTokens } from './api-tokens.ts';
import { type PasswordHasher, passwordHasher } from './password-hash.ts';
import { passwordFault } from './password-rule.ts';
import type { Person } from './principal.ts';
import { rateLimiter } from './rate-limiter.ts';
import { type Sessions, sessions } from './sessions.ts';
import { signInLock } from './sign-in-lock.ts';

/** A computer room may sign in at once; a guesser gets nowhere. */
const signInsPerAddress = { burst: 20, perMs: 5 * 60_000 };

export type SignedIn = { secret: string; me: Me };
export type AccessDesk = {
  sessions: Sessions;
  tokens: ApiTokens;
  /** Makes `admin` with a one-time password when there is no user yet. */
  firstRun(): Promise<string | undefined>;
  /** Throws RATE_LIMITED, SIGN_IN_LOCKED (with `retryAfterS`), SIGN_IN_FAILED: the same for a wrong name and a wrong password. */
  signIn(credentials: { userName: string; password: string }, address: string): Promise<SignedIn>;
  signOut(who: Person, by: Actor): void;
  /** Ends all other sessions of the user. Throws SIGN_IN_FAILED, SIGN_IN_LOCKED, PASSWORD_TOO_WEAK. */
  changePassword(who: Person, change: { oldPassword: string; newPassword: string }, address: string): Promise<SignedIn>;
  /** A new one-time password; ends the user's sessions. Throws NOT_FOUND. */
  resetPassword(userName: string, by: Actor): Promise<string>;
};
export type AccessParts = { store: AccessStore; clock: Clock; random: Random; log: Log; audit: AuditLog; metrics: CentreMetrics };

export function accessDesk(parts: AccessParts): AccessDesk {
  const { store, random, audit } = parts;
  const hasher = passwordHasher(random);
  const open = sessions(parts);
  const checked = passwordChecks(parts, hasher);
  const signedIn = (userId: string, address: string): SignedIn => {
    const user = store.user(userId)!;
    return { secret: open.open(user, address), me: { userName: user.user_name, passwordChangeRequired: user.must_change === 1 } };
  };
  return {
    sessions: open,
    tokens: apiTokens(parts),
    async firstRun() {
      if (store.userCount() > 0) return undefined;
      const password = readablePassword(random);
      store.addUser({ user_id: random.uuid(), user_name: 'admin', password_hash: await hasher.hash(password) });
      return password;
    },
    async signIn(credentials, address) {
      const user = await checked.signIn(credentials, address);
      audit.note({ actor: user.user_name, address, action: 'sign-in', target: user.user_name });
      return signedIn(user.user_id, address);
    },
    signOut(who, by) {
      open.end(who.sessionHash);
      audit.note({ ...by, action: 'sign-out', target: who.userName });
    },
    async changePassword(who, { oldPassword, newPassword }, address) {
      await checked.again(who, oldPassword, address);
      const fault = newPassword === oldPassword ? 'it is the old one.' : passwordFault(newPassword, { userName: who.userName });
      if (fault !== undefined) throw new TramError('PASSWORD_TOO_WEAK', `choose another password: ${fault}`);
      store.setPassword(who.userId, { passwordHash: await hasher.hash(newPassword), mustChange: false });
      open.endAllOf(who.userId);
      audit.note({ actor: who.userName, address, action: 'password-changed', target: who.userName });
      return signedIn(who.userId, address);
    },
    async resetPassword(userName, by) {
      const user = store.userByName(userName);
      if (user === undefined) throw new TramError('NOT_FOUND', `there is no user ${userName}.`);
      const password = readablePassword(random);
      store.setPassword(user.user_id, { passwordHash: await hasher.hash(password), mustChange: true });
      open.endAllOf(user.user_id);
      checked.forget(userName);
      audit.note({ ...by, action: 'password-reset', target: userName });
      return password;
    },
  };
}

/** Checks passwords and counts the wrong ones. */
function passwordChecks({ store, clock, random, log, audit, metrics }: AccessParts, hasher: PasswordHasher) {
  const attempts = rateLimiter(clock, signInsPerAddress);
  /** Checked for unknown names, so that they take as long as known ones. */
  const nobody = hasher.hash(crockford(random.bytes(20)));
  const lock = signInLock(clock);
  const guess = async (userName: string, address: string, check: () => Promise<boolean>): Promise<boolean> => {
    try {
      return await lock.guess(userName, address, check);
    } catch (error) {
      if (isTramError(error, 'SIGN_IN_LOCKED')) metrics.signIn('locked');
      throw error;
    }
  };
  return {
    forget: lock.forget,
    async signIn({ userName, password }: { userName: string; password: string }, address: string): Promise<UserRow> {
      attempts.demand(addressGroup(address), 'sign-ins');
      const name = userName.trim().toLowerCase();
      // an unknown name is locked like a known one: the answer does not tell which names there are
      const fits = await guess(
        name,
        address,
        async () => await hasher.fits(password, store.userByName(name)?.password_hash ?? (await nobody)),
      );
      const user = store.userByName(name);
      if (user === undefined || !fits) {
        metrics.signIn('failed');
        audit.note({ actor: user?.user_name ?? 'unknown', address, action: 'sign-in-failed', target: user?.user_name ?? '' });
        log.warn({ address }, 'sign-in failed');
        throw new TramError('SIGN_IN_FAILED', 'user name or password is wrong.');
      }
      metrics.signIn('ok');
      return user;
    },
    /** The password of somebody who is signed in. */
    async again({ userId, userName }: Person, password: string, address: string): Promise<void> {
      if (await guess(userName, address, () => hasher.fits(password, store.user(userId)!.password_hash))) return;
      throw new TramError('SIGN_IN_FAILED', 'the old password is wrong.');
    },
  };
}

/** 80 random bits in four groups that can be read aloud. */
function readablePassword(random: Random): string {
  return inGroups(crockford(random.bytes(10)).toLowerCase(), 4);
}
