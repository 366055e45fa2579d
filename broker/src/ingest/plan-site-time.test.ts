import type { TramEvent } from '@tramhoc/protocol/event';
import { BootId } from '@tramhoc/protocol/ids';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { noteTransit, planSiteTime, type TransitWindow } from './plan-site-time.ts';

const boot = BootId.parse('00000000-0000-4000-8000-000000000001');
const earlierBoot = BootId.parse('00000000-0000-4000-8000-000000000002');
const sevenOClock = Date.UTC(2026, 10, 23, 0, 0, 0);
const seconds = (count: number): string => String(BigInt(Math.round(count * 1e9)));

/** Only the fields that matter for time. */
const made = (fields: Partial<TramEvent>): TramEvent =>
  ({
    time: '2000-01-01T00:00:00.000Z',
    bootid: boot,
    sentbootid: boot,
    monons: seconds(100),
    clockquality: 'unknown',
    ...fields,
  }) as TramEvent;
const received = { wallMs: sevenOClock, monotonicMs: 5_000_000 };

test('a tap of ten minutes ago is ten minutes old, whatever the device believes the year is', () => {
  const plan = planSiteTime(made({ sentmonons: seconds(700) }), received);
  expect(plan).toMatchObject({ sitetime: new Date(sevenOClock - 600_000).toISOString(), sitetimemethod: 'same-boot' });
});

test('an event of an earlier boot has the device time only when somebody had set that clock', () => {
  const time = '2026-11-22T23:00:00.000Z';
  const earlier = { bootid: earlierBoot, sentmonons: seconds(700), time };
  expect(planSiteTime(made({ ...earlier, clockquality: 'ntp' }), received)).toMatchObject({
    sitetime: time,
    sitetimemethod: 'device-clock',
  });
  expect(planSiteTime(made({ ...earlier, clockquality: 'site' }), received)).toMatchObject({ sitetimemethod: 'device-clock' });
  expect(planSiteTime(made({ ...earlier, clockquality: 'rtc' }), received)).toEqual({ sitetimemethod: 'unknown' });
});

test('a device clock that says tomorrow is not believed', () => {
  const tomorrow = { bootid: earlierBoot, time: '2026-11-24T00:00:00.000Z', clockquality: 'ntp' as const };
  expect(planSiteTime(made(tomorrow), received)).toEqual({ sitetimemethod: 'unknown' });
});

test('an event sent before it was made has no time', () => {
  expect(planSiteTime(made({ sentmonons: seconds(99) }), received)).toEqual({ sitetimemethod: 'unknown' });
});

test('a batch that hung in the radio for ten seconds is put right by one that did not', () => {
  const quick = { bootId: boot, offsetMs: 5_000_000 - 700_000, nowMs: 5_000_000 };
  const window = noteTransit(undefined, quick);
  const late = { wallMs: sevenOClock + 20_000, monotonicMs: 5_020_000 };
  const event = made({ monons: seconds(710), sentmonons: seconds(710) });
  expect(planSiteTime(event, late, window)).toMatchObject({ sitetime: new Date(sevenOClock + 10_000).toISOString() });
});

test('the quickest way is forgotten after twenty minutes and after a reboot', () => {
  const at = (minutes: number, offsetMs: number, bootId = boot) => ({ bootId, offsetMs, nowMs: minutes * 60_000 });
  const windows = [at(0, 100), at(11, 300), at(22, 400)].reduce<TransitWindow | undefined>(noteTransit, undefined);
  expect(windows).toMatchObject({ currentMs: 400, previousMs: 300 });
  expect(noteTransit(windows, at(23, 900, earlierBoot))).toMatchObject({ currentMs: 900, previousMs: Number.POSITIVE_INFINITY });
});

test('no clock of a device, however mad, makes the broker stumble', () => {
  const nano = fc.bigInt({ min: 0n, max: 9_999_999_999_999_999_999n }).map(String);
  fc.assert(
    fc.property(nano, nano, fc.date({ noInvalidDate: true }), (monons, sentmonons, date) => {
      const plan = planSiteTime(made({ monons, sentmonons, time: date.toISOString() }), received);
      if (plan.sitetime !== undefined) expect(Date.parse(plan.sitetime)).not.toBeNaN();
    }),
  );
});
