/** Users, sessions, API tokens and the audit trail. Secrets are kept as hashes only. */
import type { Database } from '@tramhoc/base/sqlite';

export type UserRow = {
  user_id: string;
  user_name: string;
  password_hash: string;
  must_change: 0 | 1;
};
export type SessionRow = { session_hash: string; user_id: string; created_ms: number; last_used_ms: number };
export type TokenRow = { token_id: string; user_id: string; name: string; created_ms: number; last_used_ms: number | null };
export type AuditRow = { position: number; at_ms: number; actor: string; action: string; target: string; details: string; address: string };
export type AccessStore = ReturnType<typeof accessStore>;

export function accessStore(db: Database) {
  const users = db.prepare<{ count: number }>('SELECT count(*) AS count FROM users');
  const addUser = db.prepare('INSERT INTO users (user_id, user_name, password_hash, must_change) VALUES (?, ?, ?, 1)');
  const user = db.prepare<UserRow>('SELECT * FROM users WHERE user_id = ?');
  const userByName = db.prepare<UserRow>('SELECT * FROM users WHERE user_name = ?');
  const setPassword = db.prepare('UPDATE users SET password_hash = ?, must_change = ? WHERE user_id = ?');
  const addSession = db.prepare('INSERT INTO sessions (session_hash, user_id, created_ms, last_used_ms, address) VALUES (?, ?, ?, ?, ?)');
  const session = db.prepare<SessionRow>('SELECT * FROM sessions WHERE session_hash = ?');
  const touchSession = db.prepare('UPDATE sessions SET last_used_ms = ? WHERE session_hash = ?');
  const endSession = db.prepare('DELETE FROM sessions WHERE session_hash = ?');
  const endSessions = db.prepare('DELETE FROM sessions WHERE user_id = ?');
  const endOldest = db.prepare(
    `DELETE FROM sessions WHERE user_id = ? AND session_hash NOT IN
       (SELECT session_hash FROM sessions WHERE user_id = ? ORDER BY last_used_ms DESC LIMIT ?)`,
  );
  const endExpired = db.prepare('DELETE FROM sessions WHERE created_ms < ? OR last_used_ms < ?');
  const addToken = db.prepare('INSERT INTO tokens (token_id, token_hash, user_id, name, created_ms) VALUES (?, ?, ?, ?, ?)');
  const tokens = db.prepare<TokenRow>('SELECT token_id, user_id, name, created_ms, last_used_ms FROM tokens ORDER BY created_ms');
  const tokenByHash = db.prepare<TokenRow>('SELECT token_id, user_id, name, created_ms, last_used_ms FROM tokens WHERE token_hash = ?');
  const touchToken = db.prepare('UPDATE tokens SET last_used_ms = ? WHERE token_id = ?');
  const dropToken = db.prepare('DELETE FROM tokens WHERE token_id = ?');
  const addAudit = db.prepare('INSERT INTO audit (at_ms, actor, action, target, details, address) VALUES (?, ?, ?, ?, ?, ?)');
  const audit = db.prepare<AuditRow>('SELECT * FROM audit WHERE position < ? ORDER BY position DESC LIMIT ?');
  return {
    userCount: () => users.get()!.count,
    addUser: (row: Pick<UserRow, 'user_id' | 'user_name' | 'password_hash'>) =>
      void addUser.run(row.user_id, row.user_name, row.password_hash),
    user: (userId: string) => user.get(userId),
    userByName: (userName: string) => userByName.get(userName),
    setPassword: (userId: string, { passwordHash, mustChange }: { passwordHash: string; mustChange: boolean }) =>
      void setPassword.run(passwordHash, mustChange ? 1 : 0, userId),
    addSession: (row: SessionRow & { address: string }) =>
      void addSession.run(row.session_hash, row.user_id, row.created_ms, row.last_used_ms, row.address),
    session: (sessionHash: string) => session.get(sessionHash),
    touchSession: (sessionHash: string, atMs: number) => void touchSession.run(atMs, sessionHash),
    endSession: (sessionHash: string) => void endSession.run(sessionHash),
    endSessionsOf: (userId: string) => void endSessions.run(userId),
    keepNewestSessions: (userId: string, count: number) => void endOldest.run(userId, userId, count),
    endExpired: ({ createdBeforeMs, usedBeforeMs }: { createdBeforeMs: number; usedBeforeMs: number }) =>
      void endExpired.run(createdBeforeMs, usedBeforeMs),
    addToken: (row: Omit<TokenRow, 'last_used_ms'> & { token_hash: string }) =>
      void addToken.run(row.token_id, row.token_hash, row.user_id, row.name, row.created_ms),
    tokens: () => tokens.all(),
    tokenByHash: (hash: string) => tokenByHash.get(hash),
    touchToken: (tokenId: string, atMs: number) => void touchToken.run(atMs, tokenId),
    dropToken: (tokenId: string): boolean => dropToken.run(tokenId).changes === 1,
    addAudit: (row: Omit<AuditRow, 'position'>) =>
      void addAudit.run(row.at_ms, row.actor, row.action, row.target, row.details, row.address),
    audit: (before: number, limit: number) => audit.all(before, limit),
  };
}
