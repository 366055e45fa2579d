/** Tokens for scripts: 32 random bytes, shown once, kept as SHA-256. A token acts for the person who made it. */
import type { Clock } from '@tramhoc/base/clock';
import { sha256Hex } from '@tramhoc/base/digest';
import type { Random } from '@tramhoc/base/random';
import { TramError } from '@tramhoc/protocol/errors';
import type { z } from 'zod';
import type { ApiToken, ApiTokenCreated } from '../api/contract.ts';
import type { Actor, AuditLog } from '../audit/audit-log.ts';
import type { AccessStore, TokenRow } from '../store/access-store.ts';
import type { Principal } from './principal.ts';

/** Begins every secret, so that scanners for leaked secrets can find ours. */
const tokenPrefix = 'tram_';
/** Scripts of a department; a person looks through the list. */
const maxTokens = 100;
/** Using a token is written down at most this often. */
const touchEveryMs = 60_000;

export type ApiTokens = {
  list(): z.infer<typeof ApiToken>[];
  /** Throws CONFLICT when there are too many. */
  create(name: string, by: Actor): z.infer<typeof ApiTokenCreated>;
  /** Throws NOT_FOUND. */
  remove(tokenId: string, by: Actor): void;
  who(secret: string): Principal | undefined;
};

export function apiTokens({
  store,
  clock,
  random,
  audit,
}: {
  store: AccessStore;
  clock: Clock;
  random: Random;
  audit: AuditLog;
}): ApiTokens {
  return {
    list: () => store.tokens().map(tokenOf),
    create(name, by) {
      if (store.tokens().length >= maxTokens)
        throw new TramError('CONFLICT', `there are ${maxTokens} tokens; delete one that is not used.`);
      const secret = `${tokenPrefix}${Buffer.from(random.bytes(32)).toString('base64url')}`;
      const owner = store.userByName(by.actor) ?? store.userByName('admin')!;
      const row: TokenRow = { token_id: random.uuid(), user_id: owner.user_id, name, created_ms: clock.wallMs(), last_used_ms: null };
      store.addToken({ ...row, token_hash: sha256Hex(secret) });
      audit.note({ ...by, action: 'token-created', target: row.token_id });
      return { ...tokenOf(row), secret };
    },
    remove(tokenId, by) {
      if (!store.dropToken(tokenId)) throw new TramError('NOT_FOUND', 'there is no such token; list them again.');
      audit.note({ ...by, action: 'token-deleted', target: tokenId });
    },
    who(secret) {
      const token = store.tokenByHash(sha256Hex(secret));
      const user = token === undefined ? undefined : store.user(token.user_id);
      if (token === undefined || user === undefined) return undefined;
      if (clock.wallMs() - (token.last_used_ms ?? 0) >= touchEveryMs) store.touchToken(token.token_id, clock.wallMs());
      return { kind: 'token', userId: user.user_id, userName: user.user_name, tokenId: token.token_id };
    },
  };
}

const tokenOf = (row: TokenRow): z.infer<typeof ApiToken> => ({
  ...{ id: row.token_id, name: row.name, createdMs: row.created_ms, lastUsedMs: row.last_used_ms },
});
