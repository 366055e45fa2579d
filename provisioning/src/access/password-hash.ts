/** Argon2id as Node 24 has it, kept in the PHC string form. Costs after OWASP (19 MiB, 2 passes): about 45 ms here. */
import { argon2, timingSafeEqual } from 'node:crypto';
import type { Random } from '@tramhoc/base/random';
import { TramError } from '@tramhoc/protocol/errors';

const memoryKiB = 19_456;
const passes = 2;
const tagBytes = 32;
/** 8 x 19 MiB: what sign-ins may take of the memory at one time. */
const maxAtOnce = 8;

export type PasswordHasher = {
  hash(password: string): Promise<string>;
  /** False for a password that does not fit and for a hash that cannot be read. Throws RATE_LIMITED when too many are being checked. */
  fits(password: string, hash: string): Promise<boolean>;
};

export function passwordHasher(random: Random): PasswordHasher {
  let atOnce = 0;
  const derive = async (password: string, salt: Uint8Array, cost: Cost): Promise<Uint8Array> => {
    if (atOnce >= maxAtOnce)
      throw new TramError('RATE_LIMITED', 'too many sign-ins at this moment; try again.', { details: { retryAfterS: 2 } });
    atOnce += 1;
    try {
      return await argon2id(password, salt, cost);
    } finally {
      atOnce -= 1;
    }
  };
  return {
    async hash(password) {
      const salt = random.bytes(16);
      const tag = await derive(password, salt, { memoryKiB, passes, tagBytes });
      return `$argon2id$v=19$m=${memoryKiB},t=${passes},p=1$${base64(salt)}$${base64(tag)}`;
    },
    async fits(password, hash) {
      const match = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=1\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/.exec(hash);
      if (match === null) return false;
      const expected = Buffer.from(match[4]!, 'base64');
      const cost = { memoryKiB: Number(match[1]), passes: Number(match[2]), tagBytes: expected.length };
      return timingSafeEqual(await derive(password, Buffer.from(match[3]!, 'base64'), cost), expected);
    },
  };
}

type Cost = { memoryKiB: number; passes: number; tagBytes: number };

function argon2id(password: string, salt: Uint8Array, cost: Cost): Promise<Uint8Array> {
  const settings = { nonce: salt, parallelism: 1, tagLength: cost.tagBytes, memory: cost.memoryKiB, passes: cost.passes };
  return new Promise((resolve, reject) => {
    argon2('argon2id', { message: password.normalize('NFKC'), ...settings }, (error, tag) =>
      error === null ? resolve(tag) : reject(error),
    );
  });
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64').replace(/=+$/, '');
