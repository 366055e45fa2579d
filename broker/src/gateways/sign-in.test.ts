import { fakeClock } from '@tramhoc/base/fake-clock';
import { seededRandom, systemRandom } from '@tramhoc/base/random';
import { expect, test } from 'vitest';
import { GatewayEntry, gatewayOf } from './gateway-config.ts';
import { hashPassword, isPasswordHash, newPassword, passwordFits } from './password.ts';
import { createSignIn } from './sign-in.ts';

const random = systemRandom();
const bytes = (text: string): Uint8Array => Buffer.from(text);
async function bench() {
  const clock = fakeClock();
  const password = newPassword(random);
  const entry = GatewayEntry.parse({ name: 'air', adapter: 'tasmota', user: 'air', passwordHash: await hashPassword(password, random) });
  const signIn = createSignIn({ gateways: [gatewayOf(entry)], clock, random });
  const check = async (user: string | undefined, given: string | undefined, address = '10.0.0.7'): Promise<string> => {
    const verdict = await signIn.check({ address, user, password: given === undefined ? undefined : bytes(given) });
    return verdict.ok ? verdict.gateway.entry.name : verdict.why;
  };
  return { clock, password, check };
}

test('a password has 24 characters that cannot be mistaken, and its hash fits it alone', async () => {
  const password = newPassword(seededRandom(7));
  expect(password).toMatch(/^[a-hj-km-np-z2-9]{24}$/);
  const hash = await hashPassword(password, random);
  expect(isPasswordHash(hash)).toBe(true);
  expect(hash).not.toContain(password);
  expect([await passwordFits(password, hash), await passwordFits(`${password}x`, hash), await passwordFits(password, 'none')]).toEqual([
    true,
    false,
    false,
  ]);
});

test('the right password lets in, again and again; everything else is wrong', async () => {
  const { check, password } = await bench();
  expect([await check('air', password), await check('air', password)]).toEqual(['air', 'air']);
  expect(await check('air', 'guess')).toBe('wrong');
  expect(await check('other', password)).toBe('wrong');
  expect(await check(undefined, undefined)).toBe('wrong');
  expect(await check('air', undefined)).toBe('wrong');
  expect(await check('air', 'x'.repeat(500))).toBe('wrong');
});

test('after ten wrong ones the address is not listened to for that name for a minute; other gadgets there go on', async () => {
  const { check, password, clock } = await bench();
  const verdicts: string[] = [];
  for (let at = 0; at < 13; at += 1) verdicts.push(await check('air', `guess ${at}`));
  expect(verdicts.filter((one) => one === 'wrong')).toHaveLength(11);
  expect(verdicts.at(-1)).toBe('too-many');
  expect(await check('air', password)).toBe('too-many');
  expect(await check('air', password, '10.0.0.8')).toBe('air');
  expect(await check('other', 'x')).toBe('wrong');
  await clock.advance(61_000);
  expect(await check('air', password)).toBe('air');
});
