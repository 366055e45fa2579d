/** Sessions of people: 32 random bytes in a cookie, kept as SHA-256, ended by idleness, age, sign-out or a new password. */
import type { Clock } from '@tramhoc/base/clock';
import { sha256Hex } from '@tramhoc/base/digest';
import type { Random } from '@tramhoc/base/random';
import type { AccessStore, UserRow } from '../store/access-store.ts';
import type { Person } from './principal.ts';

export const sessionIdleMs = 8 * 3_600_000;
export const sessionLifeMs = 24 * 3_600_000;
/** Using a session is written down at most this often. */
const touchEveryMs = 60_000;
/** Browsers and private windows of one person; older ones are signed out. */
const maxSessionsPerUser = 20;

export type Sessions = {
  /** Gives the secret for the cookie. */
  open(user: UserRow, address: string): string;
  /** Who holds this secret, or undefined when the session ended. `watching`: a view that is open by itself is no use of the session. */
  who(secret: string, options?: { watching: boolean }): Person | undefined;
  end(sessionHash: string): void;
  endAllOf(userId: string): void;
  forgetExpired(): void;
};

export function sessions({ store, clock, random }: { store: AccessStore; clock: Clock; random: Random }): Sessions {
  return {
    open(user, address) {
      const secret = Buffer.from(random.bytes(32)).toString('base64url');
      const nowMs = clock.wallMs();
      store.addSession({ session_hash: sha256Hex(secret), user_id: user.user_id, created_ms: nowMs, last_used_ms: nowMs, address });
      store.keepNewestSessions(user.user_id, maxSessionsPerUser);
      return secret;
    },
    who(secret, { watching } = { watching: false }) {
      const session = store.session(sha256Hex(secret));
      if (session === undefined) return undefined;
      const nowMs = clock.wallMs();
      const user = store.user(session.user_id);
      if (user === undefined || nowMs - session.last_used_ms >= sessionIdleMs || nowMs - session.created_ms >= sessionLifeMs) {
        store.endSession(session.session_hash);
        return undefined;
      }
      if (!watching && nowMs - session.last_used_ms >= touchEveryMs) store.touchSession(session.session_hash, nowMs);
      return {
        ...{ kind: 'user', userId: user.user_id, userName: user.user_name, mustChange: user.must_change === 1 },
        sessionHash: session.session_hash,
      };
    },
    end: (sessionHash) => store.endSession(sessionHash),
    endAllOf: (userId) => store.endSessionsOf(userId),
    forgetExpired: () =>
      store.endExpired({ createdBeforeMs: clock.wallMs() - sessionLifeMs, usedBeforeMs: clock.wallMs() - sessionIdleMs }),
  };
}
