import { fakeClock } from '@tramhoc/base/fake-clock';
import { silentLog } from '@tramhoc/base/log';
import { eventData } from '@tramhoc/protocol/event';
import { expect, test } from 'vitest';
import type { SlotStatus } from '../drivers/slot.ts';
import { createSlotEvents } from './slot-events.ts';

const hourMs = 3_600_000;
const fresh: Omit<SlotStatus, 'state'> = { slot: 'gate', kind: 'rdm6300', skippedBytes: 0, reopenCount: 0, timeoutCount: 0, sinceMs: 0 };

function bench() {
  const clock = fakeClock();
  const kept: Record<string, unknown>[] = [];
  const slots: SlotStatus[] = [];
  const outbox = {
    accept(_type: string, data: unknown) {
      expect(eventData['vn.tramhoc.device.slot.v1'].safeParse(data).error).toBeUndefined();
      kept.push(data as Record<string, unknown>);
      return { seq: kept.length, id: '' };
    },
  };
  const events = createSlotEvents({ outbox, health: () => slots, clock, log: silentLog });
  return { clock, kept, slots, events };
}

test('a slot that cannot be opened is told with its reason, and that it could at last', () => {
  const { kept, events } = bench();
  events.changed({ ...fresh, state: 'opening' });
  events.changed({ ...fresh, state: 'lost', code: 'DRIVER_PORT_UNAVAILABLE', message: 'x'.repeat(400) });
  events.changed({ ...fresh, state: 'lost', code: 'DRIVER_PORT_UNAVAILABLE', message: 'x' });
  events.changed({ ...fresh, state: 'open', reopenCount: 1 });
  expect(kept.map(({ state, code }) => [state, code])).toEqual([
    ['lost', 'DRIVER_PORT_UNAVAILABLE'],
    ['open', undefined],
  ]);
  events.close();
});

test('how long ago something happened is told, not when: the clocks of two computers differ', async () => {
  const { clock, kept, events } = bench();
  const startMs = clock.monotonicMs();
  await clock.advance(90_000);
  events.changed({ ...fresh, state: 'open', sinceMs: startMs + 60_000, lastFrameAtMs: startMs + 85_000, timeoutCount: 3 });
  expect(kept).toMatchObject([{ stateMs: 30_000, lastFrameAgoMs: 5_000, timeoutCount: 3 }]);
  events.close();
});

test('a slot that works tells its counts once an hour, and nothing when nothing happened', async () => {
  const { clock, kept, slots, events } = bench();
  const open: SlotStatus = { ...fresh, state: 'open' };
  slots.push(open);
  events.changed(open);
  await clock.advance(3 * hourMs);
  expect(kept).toHaveLength(1);
  slots[0] = { ...open, skippedBytes: 40, timeoutCount: 2, lastFrameAtMs: clock.monotonicMs() };
  await clock.advance(3 * hourMs);
  expect(kept.slice(1)).toMatchObject([{ state: 'open', skippedBytes: 40, timeoutCount: 2 }]);
  events.close();
  slots[0] = { ...slots[0]!, skippedBytes: 80 };
  await clock.advance(3 * hourMs);
  expect(kept).toHaveLength(2);
});
