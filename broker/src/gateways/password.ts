/**
 * Passwords of gateways. They are made here and never chosen, so that each has 120 random bits; what the config file keeps is an Argon2id hash in the
 * PHC string form, with the costs that the centre uses for people (19 MiB, 2 passes).
 */
import { argon2, timingSafeEqual } from 'node:crypto';
import type { Random } from '@tramhoc/base/random';

const memoryKiB = 19_456;
const passes = 2;
const tagBytes = 32;
const shape = /^\$argon2id\$v=19\$m=(\d{4,6}),t=(\d{1,2}),p=1\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/;
/** Without the letters and digits that look alike: somebody types it into a form on a phone. */
const alphabet = 'abcdefghjkmnpqrstuvwxyz23456789';
const passwordCharacters = 24;

export const isPasswordHash = (text: string): boolean => shape.test(text);

/** 24 characters of 31: 118 bits. */
export function newPassword(random: Random): string {
  let password = '';
  while (password.length < passwordCharacters)
    for (const byte of random.bytes(32)) if (byte < 248 && password.length < passwordCharacters) password += alphabet[byte % 31]!;
  return password;
}

export async function hashPassword(password: string, random: Random): Promise<string> {
  const salt = random.bytes(16);
  const tag = await derive(password, salt, { memoryKiB, passes, tagBytes });
  return `$argon2id$v=19$m=${memoryKiB},t=${passes},p=1$${base64(salt)}$${base64(tag)}`;
}

/** In constant time for one hash. False also for a hash that cannot be read. */
export async function passwordFits(password: string, hash: string): Promise<boolean> {
  const found = shape.exec(hash);
  if (found === null) return false;
  const expected = Buffer.from(found[4]!, 'base64');
  const cost = { memoryKiB: Number(found[1]), passes: Number(found[2]), tagBytes: expected.length };
  return timingSafeEqual(await derive(password, Buffer.from(found[3]!, 'base64'), cost), expected);
}

type Cost = { memoryKiB: number; passes: number; tagBytes: number };

function derive(password: string, salt: Uint8Array, cost: Cost): Promise<Uint8Array> {
  const settings = { nonce: salt, parallelism: 1, tagLength: cost.tagBytes, memory: cost.memoryKiB, passes: cost.passes };
  return new Promise((resolve, reject) => {
    argon2('argon2id', { message: password, ...settings }, (error, tag) => (error === null ? resolve(tag) : reject(error)));
  });
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64').replace(/=+$/, '');
