import { expect, test } from 'vitest';
import {
  deliveryOf,
  emptyFeedback,
  type FeedbackEvent,
  type FeedbackState,
  feedbackStep,
  isUnsaved,
  toFeedback,
} from './feedback-machine.ts';

const run = (events: FeedbackEvent[], from: FeedbackState = emptyFeedback) => events.reduce(feedbackStep, from);
const next = { event: 'next' } as const;
const written: FeedbackEvent[] = [
  { event: 'choose', category: 'facilities' },
  next,
  { event: 'write-text', text: 'Quạt phòng 10A1 hỏng' },
  next,
  { event: 'write-phone', phone: '0912 345 678' },
  next,
];

test('category, text, phone, check, sent: the code is on the screen', () => {
  const checked = run(written);
  expect(checked.step).toBe('check');
  expect(toFeedback(checked.draft, 'vi')).toEqual({
    category: 'facilities',
    text: 'Quạt phòng 10A1 hỏng',
    phone: '0912 345 678',
    language: 'vi',
  });
  const sent = run([{ event: 'send' }, { event: 'stored', trackingCode: 'PA-7K3M-9QXP' }], checked);
  expect(sent).toMatchObject({ step: 'sent', trackingCode: 'PA-7K3M-9QXP' });
});

test('the phone may be left out', () => {
  const checked = run([...written.slice(0, 4), next]);
  expect(checked.step).toBe('check');
  expect(toFeedback(checked.draft, 'en')).not.toHaveProperty('phone');
});

test.each<[FeedbackEvent[], string]>([
  [[next], 'category-missing'],
  [[...written.slice(0, 2), { event: 'write-text', text: '  ok  ' }, next], 'text-short'],
  [[...written.slice(0, 2), { event: 'write-text', text: 'a'.repeat(2_001) }, next], 'text-long'],
  [[...written.slice(0, 4), { event: 'write-phone', phone: '123' }, next], 'phone-wrong'],
])('case %#: a wrong answer is said and does not go on', (events, problem) => expect(run(events)).toMatchObject({ problem }));

test('a fault disappears as soon as it is mended', () => {
  const wrong = run([...written.slice(0, 4), { event: 'write-phone', phone: '0912' }, next]);
  expect(run([{ event: 'write-phone', phone: '0912345678' }], wrong)).toMatchObject({ problem: undefined });
});

test('changing one answer comes back to the check page', () => {
  const changed = run([{ event: 'change', question: 'text' }, { event: 'write-text', text: 'Quạt đã sửa rồi' }, next], run(written));
  expect(changed).toMatchObject({ step: 'check', draft: { text: 'Quạt đã sửa rồi', phone: '0912 345 678' } });
});

test('when it cannot be stored the text stays and can be sent again', () => {
  const failed = run([...written, { event: 'send' }, { event: 'refused', code: 'LOCAL_LINK_UNAVAILABLE' }]);
  expect(failed).toMatchObject({ step: 'failed', draft: { text: 'Quạt phòng 10A1 hỏng' } });
  expect(isUnsaved(failed)).toBe(true);
  expect(run([{ event: 'send' }, { event: 'stored', trackingCode: 'PA-7K3M-9QXP' }], failed).step).toBe('sent');
});

test('a second press on send does not send twice', () => {
  const sending = run([...written, { event: 'send' }]);
  expect(run([{ event: 'send' }], sending)).toBe(sending);
});

test('back walks the questions without losing an answer', () => {
  const back = { event: 'back' } as const;
  const first = run([back, back, back, back], run(written));
  expect(first).toMatchObject({ step: 'category', draft: { text: 'Quạt phòng 10A1 hỏng' } });
});

test('the screen says where the feedback is', () => {
  expect(deliveryOf({ brokerConnected: false, pendingEvents: 3 })).toBe('stored');
  expect(deliveryOf({ brokerConnected: true, pendingEvents: 3 })).toBe('sending');
  expect(deliveryOf({ brokerConnected: true, pendingEvents: 0 })).toBe('delivered');
});

test('the code is printed once at a time, again when it failed, and never for a person who has gone', () => {
  const sent = run([...written, { event: 'send' }, { event: 'stored', trackingCode: 'PA-7K3M-9QXP' }]);
  expect(sent).toMatchObject({ printing: { print: 'offered' } });
  const printing = run([{ event: 'print' }], sent);
  expect(run([{ event: 'print' }], printing)).toBe(printing);
  expect(run([{ event: 'print-failed', code: 'PRINTER_PAPER_OUT' }], printing)).toMatchObject({
    printing: { print: 'failed', code: 'PRINTER_PAPER_OUT' },
  });
  expect(run([{ event: 'print-failed', code: 'PRINTER_PAPER_OUT' }, { event: 'print' }, { event: 'printed' }], printing)).toMatchObject({
    printing: { print: 'printed' },
  });
  expect(run([{ event: 'printed' }], sent)).toBe(sent);
  expect(run([{ event: 'printed' }])).toBe(emptyFeedback);
});
