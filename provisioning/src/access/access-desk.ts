/** Signing in and out, passwords, sessions and API tokens. Secrets are 32 random bytes, kept as SHA-256. */
import type { Clock } from '@tramhoc/base/clock';
import { sha256Hex } from '@tramhoc/base/digest';
import type { Log } from '@tramhoc/base/log';
import type { Random } from '@tramhoc/base/random';
import { crockford, inGroups } from '@tramhoc/protocol/base32';
import { TramError } from '@tramhoc/protocol/errors';
import type { z } from 'zod';
import type { ApiToken, ApiTokenCreated, Me } from '../api/contract.ts';
import type { Actor, AuditLog } from '../audit/audit-log.ts';
import type { CentreMetrics } from '../http/metrics.ts';
import type { AccessStore, TokenRow, UserRow } from '../store/access-store.ts';
import { passwordHasher } from './password-hash.ts';
import { passwordFault } from './password-rule.ts';
import { rateLimiter } from './rate-limiter.ts';
import { lockAfter } from './sign-in-lock.ts';

export const sessionIdleMs = 8 * 3_600_000;
export const sessionLifeMs = 24 * 3_600_000;
/** Using a session is written down at most this often. */
const touchEveryMs = 60_000;
/** Browsers and private windows of one person; older ones are signed out. */
const maxSessionsPerUser = 20;
const maxTokens = 100;
const signInsPerAddress = { burst: 20, perMs: 5 * 60_000 };
const tokenPrefix = 'tram_';

export type Principal =
  | { kind: 'user'; userId: string; userName: string; mustChange: boolean; sessionHash: string }
  | { kind: 'token'; userId: string; userName: string; tokenId: string }
  /** The admin socket: the file system's permissions have decided. */
  | { kind: 'local'; userName: 'local' };
export type AccessDesk = ReturnType<typeof accessDesk>;

export function accessDesk({
  store,
  clock,
  random,
  log,
  audit,
  metrics,
}: {
  store: AccessStore;
  clock: Clock;
  random: Random;
  log: Log;
  audit: AuditLog;
  metrics: CentreMetrics;
}) {
  const attempts = rateLimiter(clock, signInsPerAddress);
  const hasher = passwordHasher(random);
  /** Checked for unknown names, so that they take as long as known ones. */
  const nobody = hasher.hash(crockford(random.bytes(20)));
  const newSecret = (): string => Buffer.from(random.bytes(32)).toString('base64url');

  /** Makes `admin` with a one-time password when there is no user yet. */
  const firstRun = async (): Promise<string | undefined> => {
    if (store.userCount() > 0) return undefined;
    const password = readablePassword(random);
    store.addUser({ user_id: random.uuid(), user_name: 'admin', password_hash: await hasher.hash(password) });
    return password;
  };

  const openSession = (user: UserRow, address: string): { secret: string; me: Me } => {
    const secret = newSecret();
    const nowMs = clock.wallMs();
    store.addSession({ session_hash: sha256Hex(secret), user_id: user.user_id, created_ms: nowMs, last_used_ms: nowMs, address });
    store.keepNewestSessions(user.user_id, maxSessionsPerUser);
    return { secret, me: meOf(user) };
  };

  /** Throws RATE_LIMITED, SIGN_IN_LOCKED (with `retryAfterS`), SIGN_IN_FAILED: the same for a wrong name and a wrong password. */
  const signIn = async (
    { userName, password }: { userName: string; password: string },
    address: string,
  ): Promise<{ secret: string; me: Me }> => {
    attempts.demand(address, 'sign-ins');
    const user = store.userByName(userName.trim().toLowerCase());
    const locked = user === undefined ? 0 : user.locked_until_ms - clock.wallMs();
    if (locked > 0) {
      metrics.signIn('locked');
      throw lockedFault(locked);
    }
    const fits = await hasher.fits(password, user?.password_hash ?? (await nobody));
    if (user === undefined || !fits) {
      metrics.signIn('failed');
      audit.note({ actor: user?.user_name ?? 'unknown', address, action: 'sign-in-failed', target: user?.user_name ?? '' });
      log.warn({ address }, 'sign-in failed');
      if (user !== undefined) countFailure(user.user_id);
      throw new TramError('SIGN_IN_FAILED', 'user name or password is wrong.');
    }
    // several guesses may have been under way at once: the lock counts, not who finishes first
    const now = store.user(user.user_id)!;
    if (now.locked_until_ms > clock.wallMs()) throw lockedFault(now.locked_until_ms - clock.wallMs());
    store.setFailures(user.user_id, { failedCount: 0, lockedUntilMs: 0 });
    metrics.signIn('ok');
    audit.note({ actor: user.user_name, address, action: 'sign-in', target: user.user_name });
    return openSession(now, address);
  };

  const countFailure = (userId: string): void => {
    const failedCount = store.user(userId)!.failed_count + 1;
    store.setFailures(userId, { failedCount, lockedUntilMs: clock.wallMs() + lockAfter(failedCount) });
  };

  /** Who holds this session secret, or undefined when it ended. */
  const bySession = (secret: string): Principal | undefined => {
    const session = store.session(sha256Hex(secret));
    if (session === undefined) return undefined;
    const nowMs = clock.wallMs();
    const user = store.user(session.user_id);
    if (user === undefined || nowMs - session.last_used_ms >= sessionIdleMs || nowMs - session.created_ms >= sessionLifeMs) {
      store.endSession(session.session_hash);
      return undefined;
    }
    if (nowMs - session.last_used_ms >= touchEveryMs) store.touchSession(session.session_hash, nowMs);
    return {
      kind: 'user',
      userId: user.user_id,
      userName: user.user_name,
      mustChange: user.must_change === 1,
      sessionHash: session.session_hash,
    };
  };

  const byToken = (secret: string): Principal | undefined => {
    const token = store.tokenByHash(sha256Hex(secret));
    const user = token === undefined ? undefined : store.user(token.user_id);
    if (token === undefined || user === undefined) return undefined;
    if (clock.wallMs() - (token.last_used_ms ?? 0) >= touchEveryMs) store.touchToken(token.token_id, clock.wallMs());
    return { kind: 'token', userId: user.user_id, userName: user.user_name, tokenId: token.token_id };
  };

  /** Ends all other sessions of the user. Throws SIGN_IN_FAILED, SIGN_IN_LOCKED, PASSWORD_TOO_WEAK. */
  const changePassword = async (
    who: Extract<Principal, { kind: 'user' }>,
    change: { oldPassword: string; newPassword: string },
    address: string,
  ): Promise<{ secret: string; me: Me }> => {
    const user = store.user(who.userId)!;
    if (user.locked_until_ms > clock.wallMs()) throw lockedFault(user.locked_until_ms - clock.wallMs());
    if (!(await hasher.fits(change.oldPassword, user.password_hash))) {
      countFailure(user.user_id);
      throw new TramError('SIGN_IN_FAILED', 'the old password is wrong.');
    }
    const fault =
      change.newPassword === change.oldPassword ? 'it is the old one.' : passwordFault(change.newPassword, { userName: user.user_name });
    if (fault !== undefined) throw new TramError('PASSWORD_TOO_WEAK', `choose another password: ${fault}`);
    store.setPassword(user.user_id, { passwordHash: await hasher.hash(change.newPassword), mustChange: false });
    store.endSessionsBut(user.user_id, '');
    audit.note({ actor: user.user_name, address, action: 'password-changed', target: user.user_name });
    return openSession(store.user(user.user_id)!, address);
  };

  /** A new one-time password; ends the user's sessions. Throws NOT_FOUND. */
  const resetPassword = async (userName: string, by: Actor): Promise<string> => {
    const user = store.userByName(userName);
    if (user === undefined) throw new TramError('NOT_FOUND', `there is no user ${userName}.`);
    const password = readablePassword(random);
    store.setPassword(user.user_id, { passwordHash: await hasher.hash(password), mustChange: true });
    store.endSessionsBut(user.user_id, '');
    audit.note({ ...by, action: 'password-reset', target: userName });
    return password;
  };

  return {
    ...{ firstRun, signIn, bySession, byToken, changePassword, resetPassword },
    signOut(who: Principal, by: Actor) {
      if (who.kind !== 'user') return;
      store.endSession(who.sessionHash);
      audit.note({ ...by, action: 'sign-out', target: who.userName });
    },
    tokens: (): z.infer<typeof ApiToken>[] => store.tokens().map(tokenOf),
    /** Throws CONFLICT when there are too many. */
    createToken(name: string, by: Actor): z.infer<typeof ApiTokenCreated> {
      if (store.tokens().length >= maxTokens)
        throw new TramError('CONFLICT', `there are ${maxTokens} tokens; delete one that is not used.`);
      const secret = `${tokenPrefix}${newSecret()}`;
      const owner = store.userByName(by.actor) ?? store.userByName('admin')!;
      const row: TokenRow = { token_id: random.uuid(), user_id: owner.user_id, name, created_ms: clock.wallMs(), last_used_ms: null };
      store.addToken({ ...row, token_hash: sha256Hex(secret) });
      audit.note({ ...by, action: 'token-created', target: row.token_id });
      return { ...tokenOf(row), secret };
    },
    deleteToken(tokenId: string, by: Actor) {
      if (!store.dropToken(tokenId)) throw new TramError('NOT_FOUND', 'there is no such token; list them again.');
      audit.note({ ...by, action: 'token-deleted', target: tokenId });
    },
    forgetExpired: () =>
      store.endExpired({ createdBeforeMs: clock.wallMs() - sessionLifeMs, usedBeforeMs: clock.wallMs() - sessionIdleMs }),
  };
}

const meOf = (user: UserRow): Me => ({ userName: user.user_name, passwordChangeRequired: user.must_change === 1 });
const tokenOf = (row: TokenRow): z.infer<typeof ApiToken> => ({
  id: row.token_id,
  name: row.name,
  createdMs: row.created_ms,
  lastUsedMs: row.last_used_ms,
});

function lockedFault(leftMs: number): TramError {
  const retryAfterS = Math.ceil(leftMs / 1_000);
  return new TramError('SIGN_IN_LOCKED', `too many wrong passwords; try again in ${retryAfterS} s.`, { details: { retryAfterS } });
}

/** 80 random bits in four groups that can be read aloud. */
function readablePassword(random: Random): string {
  return inGroups(crockford(random.bytes(10)).toLowerCase(), 4);
}
