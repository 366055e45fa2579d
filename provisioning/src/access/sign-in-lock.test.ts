import { fakeClock } from '@tramhoc/base/fake-clock';
import { expect, test } from 'vitest';
import { addressGroup } from './address-group.ts';
import { signInLock } from './sign-in-lock.ts';

const wrong = async (): Promise<boolean> => false;
const right = async (): Promise<boolean> => true;
const locked = { code: 'SIGN_IN_LOCKED' };

test('a name is locked for the address that guessed, longer each time up to 15 minutes, and for nobody else', async () => {
  const clock = fakeClock();
  const lock = signInLock(clock);
  for (let guess = 0; guess < 4; guess += 1) expect(await lock.guess('admin', '192.0.2.1', wrong)).toBe(false);
  for (const retryAfterS of [30, 60, 120, 240, 480, 900, 900]) {
    expect(await lock.guess('admin', '192.0.2.1', wrong)).toBe(false);
    await expect(lock.guess('admin', '192.0.2.1', right)).rejects.toMatchObject({ ...locked, details: { retryAfterS } });
    expect(await lock.guess('admin', '192.0.2.2', right)).toBe(true);
    expect(await lock.guess('other', '192.0.2.1', right)).toBe(true);
    await clock.advance(retryAfterS * 1_000);
  }
  expect(await lock.guess('admin', '192.0.2.1', right)).toBe(true);
  // the right one makes good for the wrong ones before it
  expect(await lock.guess('admin', '192.0.2.1', wrong)).toBe(false);
  expect(await lock.guess('admin', '192.0.2.1', right)).toBe(true);
});

test('guesses that are sent at once count one by one, and many right passwords at once lock nobody', async () => {
  const lock = signInLock(fakeClock());
  const answers = await Promise.allSettled(Array.from({ length: 12 }, () => lock.guess('admin', '192.0.2.1', wrong)));
  expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(5);
  expect(answers.slice(5)).toEqual(Array(7).fill(expect.objectContaining({ reason: expect.objectContaining(locked) })));
  expect(await Promise.all(Array.from({ length: 12 }, () => lock.guess('admin', '192.0.2.2', right)))).toEqual(Array(12).fill(true));
});

test('what could not be checked counts nothing and holds up nobody', async () => {
  const lock = signInLock(fakeClock());
  const busy = async (): Promise<boolean> => {
    throw new Error('busy');
  };
  const answers = await Promise.allSettled(Array.from({ length: 9 }, () => lock.guess('admin', '192.0.2.1', busy)));
  expect(answers.map(({ status }) => status)).toEqual(Array(9).fill('rejected'));
  expect(await lock.guess('admin', '192.0.2.1', right)).toBe(true);
});

test('a wall clock that jumps neither ends a lock nor makes it longer', async () => {
  const clock = fakeClock();
  const lock = signInLock(clock);
  for (let guess = 0; guess < 5; guess += 1) await lock.guess('admin', '192.0.2.1', wrong);
  for (const days of [-400, 800]) {
    clock.jumpWall(days * 86_400_000);
    await expect(lock.guess('admin', '192.0.2.1', right)).rejects.toMatchObject({ ...locked, details: { retryAfterS: 30 } });
  }
  await clock.advance(30_000);
  expect(await lock.guess('admin', '192.0.2.1', right)).toBe(true);
});

test('a name that is tried from many addresses is slowed down for all of them, and who knows the password still comes in', async () => {
  const clock = fakeClock();
  const lock = signInLock(clock);
  for (let address = 0; address < 20; address += 1) await lock.guess('admin', `192.0.2.${address}`, wrong);
  let checked = 0;
  const counting = (fits: boolean) => async (): Promise<boolean> => {
    checked += 1;
    return fits;
  };
  const guesses = Array.from({ length: 49 }, (_, address) => lock.guess('admin', `198.51.100.${address}`, counting(false)));
  const owner = lock.guess('admin', '203.0.113.1', counting(true));
  expect(await lock.guess('other', '203.0.113.1', right)).toBe(true);
  await clock.advance(4_999);
  expect(checked).toBe(0);
  await expect(lock.guess('admin', '203.0.113.2', right)).rejects.toMatchObject({ code: 'RATE_LIMITED', details: { retryAfterS: 5 } });
  await clock.advance(1);
  expect([...(await Promise.all(guesses)), await owner]).toEqual([...Array(49).fill(false), true]);
});

test('a replaced password lets those in who had tried the old one', async () => {
  const lock = signInLock(fakeClock());
  for (const name of ['admin', 'other']) for (let guess = 0; guess < 5; guess += 1) await lock.guess(name, '192.0.2.1', wrong);
  lock.forget('admin');
  expect(await lock.guess('admin', '192.0.2.1', right)).toBe(true);
  await expect(lock.guess('other', '192.0.2.1', right)).rejects.toMatchObject(locked);
});

test('an IPv6 sender does not become another by choosing an address of its own network; IPv4 addresses are told apart', () => {
  const groups = (...addresses: string[]): number => new Set(addresses.map(addressGroup)).size;
  expect(groups('2001:db8:1:2::1', '2001:DB8:1:2:ffff:1:2:3', '2001:0db8:1:2::', '2001:db8:1:2::192.0.2.1')).toBe(1);
  expect(groups('2001:db8::1', '2001:db8:0:0:1::', '2001:db8::ffff:1:2:3')).toBe(1);
  expect(groups('2001:db8:1:2::1', '2001:db8:1:3::1', '2001:db8::2', '::1', 'fe80::1%eth0')).toBe(5);
  expect(groups('::ffff:192.0.2.1', '192.0.2.1')).toBe(1);
  expect(groups('::ffff:192.0.2.1', '::ffff:192.0.2.2', '192.0.2.3')).toBe(3);
});
