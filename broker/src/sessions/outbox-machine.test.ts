import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createOutbox, type Entry, maxInFlight, maxInFlightBytes, sizeOf } from './outbox-machine.ts';

const message = (payloadBytes: number, qos: 1 | 2 = 1) => ({ topic: 'a', payload: new Uint8Array(payloadBytes), qos, retain: false });

test('whatever happens, ids on the way are different and never 0, the window and the sum hold, and the order of the queue is kept', () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant('add' as const), bytes: fc.nat(200_000), qos: fc.constantFrom(1 as const, 2 as const) }),
    fc.record({ do: fc.constant('next' as const) }),
    fc.record({ do: fc.constant('evict' as const) }),
    fc.record({ do: fc.constant('answer' as const), how: fc.constantFrom('done', 'received', 'withdraw'), which: fc.nat() }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const total = { bytes: 0 };
      const outbox = createOutbox(total);
      const held = new Set<Entry>();
      let lastSent = 0;
      for (const taken of steps) {
        if (taken.do === 'add') held.add(outbox.add(message(taken.bytes, taken.qos)));
        else if (taken.do === 'next') {
          const entry = outbox.next();
          if (entry !== undefined) {
            expect(entry.position).toBeGreaterThan(lastSent);
            lastSent = entry.position;
          }
        } else if (taken.do === 'evict') {
          const gone = outbox.evict();
          expect(gone?.state ?? 'queued').toBe('queued');
          if (gone !== undefined) held.delete(gone);
        } else {
          const entry = [...held][taken.which % Math.max(1, held.size)];
          if (entry === undefined) continue;
          if (taken.how === 'withdraw') {
            outbox.withdraw(entry);
            held.delete(entry);
          } else if (taken.how === 'received') outbox.received(entry.messageId);
          else if (outbox.done(entry.messageId, entry.message.qos === 1 ? 'puback' : 'pubcomp') === entry) held.delete(entry);
        }
        const onTheWay = outbox.onTheWay();
        const ids = onTheWay.map(({ messageId }) => messageId);
        expect(new Set(ids).size).toBe(ids.length);
        expect(ids).not.toContain(0);
        expect(onTheWay.length).toBeLessThanOrEqual(maxInFlight);
        const bytes = onTheWay.reduce((sum, { message: sent }) => sum + sizeOf(sent), 0);
        expect(onTheWay.length <= 1 || bytes <= maxInFlightBytes).toBe(true);
        expect(outbox.count).toBe(held.size);
        expect(outbox.bytes).toBe([...held].reduce((sum, { message: one }) => sum + sizeOf(one), 0));
        expect(total.bytes).toBe(outbox.bytes);
      }
    }),
  );
});

test('ids run from 1 to 65,535 and begin again, leaving out what is on its way', () => {
  const outbox = createOutbox({ bytes: 0 });
  outbox.add(message(1));
  const first = outbox.next()!;
  expect(first.messageId).toBe(1);
  for (let expected = 2; expected <= 65_535; expected += 1) {
    outbox.add(message(1));
    expect(outbox.next()!.messageId).toBe(expected);
    outbox.done(expected, 'puback');
  }
  outbox.add(message(1));
  expect(outbox.next()!.messageId).toBe(2);
});

test('[MQTT-4.8.0-1] an acknowledgement of the wrong kind is told from one that nobody waits for', () => {
  const outbox = createOutbox({ bytes: 0 });
  outbox.add(message(1, 2));
  const { messageId } = outbox.next()!;
  expect([outbox.done(messageId, 'puback'), outbox.done(messageId, 'pubcomp')]).toEqual(['wrong', 'wrong']);
  expect(outbox.received(messageId)).toMatchObject({ state: 'released' });
  expect(outbox.received(messageId)).toMatchObject({ state: 'released' });
  expect(outbox.done(messageId, 'puback')).toBe('wrong');
  expect(outbox.done(messageId, 'pubcomp')).toMatchObject({ messageId });
  expect([outbox.received(messageId), outbox.done(messageId, 'pubcomp'), outbox.done(messageId, 'puback')]).toEqual([
    'unknown',
    'unknown',
    'unknown',
  ]);
  outbox.add(message(1, 1));
  const next = outbox.next()!;
  expect([outbox.received(next.messageId), outbox.done(next.messageId, 'pubcomp')]).toEqual(['wrong', 'wrong']);
  expect(outbox.done(next.messageId, 'puback')).toBe(next);
});
