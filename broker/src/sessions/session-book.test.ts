import { expect, test } from 'vitest';
import { deliveryLimits } from './delivery-limits.ts';
import type { Message } from './outbox-machine.ts';
import type { Line } from './session.ts';
import { createSessionBook, type SessionBook } from './session-book.ts';
import { forgetfulStore } from './session-store.ts';

const counted: string[] = [];
function book(limits: Partial<typeof deliveryLimits> = {}, store = forgetfulStore()): SessionBook<string> {
  counted.length = 0;
  return createSessionBook<string>({
    store,
    limits: { ...deliveryLimits, ...limits },
    deliver: (owner, topic) => !topic.startsWith('secret') || owner === 'trusted',
    ownerOf: (clientId) => clientId,
    takeWill: async (_, { retain }) => ({ allowed: true, retain }),
    onOverflow: () => undefined,
    count: (what) => void counted.push(what),
  });
}
const line = (heard: string[] = []): Line => ({
  publish: ({ message }) => void heard.push(Buffer.from(message.payload).toString()),
  release: () => undefined,
  waitingBytes: () => 0,
  cut: () => undefined,
});
const name = (clientId: string, kept = true) => ({ clientId, kept, owner: clientId, ownerName: clientId });
const message = (topic: string, payload: string, retain = false): Message => ({ topic, payload: Buffer.from(payload), qos: 1, retain });

test('a kept session is over after thirty days without its client, counted in hours of the broker', async () => {
  const sessions = book();
  const { session } = await sessions.open(name('a'));
  await sessions.subscribe(session, 'x', 1);
  const here = line();
  sessions.attach(session, here);
  for (let hour = 0; hour < 1_000; hour += 1) sessions.age();
  expect(sessions.readings().kept).toBe(1);
  sessions.detach(session, here);
  for (let hour = 1; hour < 30 * 24; hour += 1) sessions.age();
  expect((await sessions.open(name('a'))).present).toBe(true);
  sessions.age();
  expect(sessions.readings().kept).toBe(0);
  expect(counted).toEqual(['expired']);
  expect((await sessions.open(name('a'))).present).toBe(false);
});

test('coming back begins the thirty days anew', async () => {
  const sessions = book({ sessionHours: 3 });
  const { session } = await sessions.open(name('a'));
  for (let round = 0; round < 5; round += 1) {
    const here = line();
    sessions.attach(session, here);
    sessions.detach(session, here);
    sessions.age();
    sessions.age();
  }
  expect(sessions.readings().kept).toBe(1);
});

test('a will that could not be kept is none', async () => {
  const full = { ...forgetfulStore(), commit: () => Promise.reject(new Error('the store is full')) };
  const sessions = book({}, full);
  const will = message('gone', 'a');
  await expect(sessions.keepWill('a', will)).rejects.toThrow('full');
  expect(sessions.willDropper('a', will)).toBeUndefined();
});

test('what a client may not hear is not queued for it either', async () => {
  const sessions = book();
  for (const clientId of ['trusted', 'curious']) {
    const { session } = await sessions.open(name(clientId));
    await sessions.subscribe(session, '#', 1);
  }
  await sessions.publish(message('secret/a', 'x'));
  expect(sessions.readings().queuedBytes).toBeLessThan(400);
  const heard: string[] = [];
  const { session } = await sessions.open(name('curious'));
  sessions.attach(session, line(heard));
  await sessions.publish(message('public', 'y'));
  await new Promise((resolve) => setImmediate(resolve));
  expect(heard).toEqual(['y']);
});

test('retained messages have a limit in number and in bytes; replacing and deleting always work', async () => {
  const sessions = book({ retainedMessages: 2, retainedBytes: 100 });
  await sessions.publish(message('a', 'x', true));
  await sessions.publish(message('b', 'x', true));
  await sessions.publish(message('c', 'x', true));
  expect([sessions.readings().retained, counted]).toEqual([2, ['not-retained']]);
  await sessions.publish(message('a', 'y'.repeat(99), true));
  await sessions.publish(message('b', 'zz', true));
  expect(counted).toEqual(['not-retained', 'not-retained']);
  await sessions.publish(message('a', '', true));
  await sessions.publish(message('c', 'x', true));
  expect(sessions.readings().retained).toBe(2);
});

test('a session has so many filters and no more; renewing one of them is fine', async () => {
  const sessions = book({ sessionFilters: 2 });
  const { session } = await sessions.open(name('a', false));
  expect([await sessions.subscribe(session, 'x', 1), await sessions.subscribe(session, 'y', 1)]).toEqual([true, true]);
  expect([await sessions.subscribe(session, 'z', 1), await sessions.subscribe(session, 'x', 2)]).toEqual([false, true]);
});

test('a session that another connection has taken grants nothing to the first and hears nothing of its end', async () => {
  const sessions = book();
  const first = await sessions.open(name('a', false));
  const second = await sessions.open(name('a', false));
  expect(sessions.attach(first.session, line())).toBe(false);
  expect(await sessions.subscribe(first.session, 'x', 1)).toBe(false);
  const heard: string[] = [];
  await sessions.subscribe(second.session, 'x', 1);
  sessions.attach(second.session, line(heard));
  sessions.detach(first.session, undefined);
  await sessions.publish(message('x', 'hello'));
  expect(heard).toEqual(['hello']);
});
