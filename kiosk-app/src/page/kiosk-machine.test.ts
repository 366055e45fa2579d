import type { AgentNotice } from '@tramhoc/protocol/local-link';
import { expect, test } from 'vitest';
import { enrolledStatus } from '../host/scripted-agent.ts';
import { firstState, type KioskEvent, type KioskState, kioskStep, readerState, screenOf } from './kiosk-machine.ts';

const hear = (notice: AgentNotice, nowMs = 0): KioskEvent => ({ event: 'news', news: { news: 'notice', notice }, nowMs });
const run = (events: KioskEvent[], from: KioskState = firstState) => events.reduce(kioskStep, from);
const connected: KioskEvent = { event: 'news', news: { news: 'agent', connected: true }, nowMs: 0 };
const enrolled = run([connected, hear({ notice: 'status', status: enrolledStatus })]);
const tap = hear({ notice: 'tap.accepted', tapId: 'a', slot: 'gate-reader', wallMs: 0 });

test('before the agent has spoken the page says that it starts', () => expect(screenOf(firstState)).toBe('starting'));

test('a device without enrolment shows its code as home', () => {
  const status = { ...enrolledStatus, enrolment: { state: 'denied' } as const };
  expect(screenOf(run([hear({ notice: 'status', status })]))).toBe('device');
});

test('a tap at home opens attendance and home comes back 6 s later', () => {
  const tapped = run([tap], enrolled);
  expect(screenOf(tapped)).toBe('attendance');
  expect(screenOf(run([{ event: 'time', nowMs: 5_999 }], tapped))).toBe('attendance');
  expect(screenOf(run([{ event: 'time', nowMs: 6_000 }], tapped))).toBe('home');
});

test('a tap while somebody writes keeps the words and is shown above them', () => {
  const writing = run(
    [{ event: 'open', screen: 'feedback' }, { event: 'feedback', change: { event: 'choose', category: 'other' } }, tap],
    enrolled,
  );
  expect(screenOf(writing)).toBe('feedback');
  expect(writing.feedback.draft.category).toBe('other');
  expect(writing.taps.taps.length).toBe(1);
});

test('feedback that somebody left is not there for the next person', () => {
  const left = run(
    [
      { event: 'open', screen: 'feedback' },
      { event: 'feedback', change: { event: 'choose', category: 'other' } },
      { event: 'open', screen: 'home' },
      { event: 'open', screen: 'feedback' },
    ],
    enrolled,
  );
  expect(left.feedback.draft.category).toBeUndefined();
});

test('the screen says when no card would be heard', () => {
  expect(readerState(enrolled)).toBe('ready');
  const slots = enrolledStatus.slots.map((slot) => ({ ...slot, state: 'lost' as const }));
  expect(readerState(run([hear({ notice: 'status', status: { ...enrolledStatus, slots } })], enrolled))).toBe('missing');
  expect(readerState(run([{ event: 'news', news: { news: 'agent', connected: false }, nowMs: 0 }], enrolled))).toBe('agent-away');
});
