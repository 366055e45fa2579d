import { Receipt } from '@tramhoc/protocol/receipt';
import { expect, test } from 'vitest';
import { feedbackReceipt } from './feedback-receipt.ts';
import { feedbackEn } from './messages.en.ts';
import { feedbackVi } from './messages.vi.ts';

const facts = {
  trackingCode: 'PA-7K3M-9QXP',
  category: 'facilities',
  siteName: 'THPT Nguyễn Thượng Hiền',
  dateTime: '23/11/2026 07:05',
} as const;

test.each([
  ['vi', feedbackVi, 'Cơ sở vật chất'],
  ['en', feedbackEn, 'Rooms and equipment'],
])('the receipt in %s has the code to read and to scan, where and when, and is one that a printer takes', (_language, texts, category) => {
  const receipt = feedbackReceipt(facts, texts);
  expect(Receipt.parse(receipt)).toEqual(receipt);
  expect(receipt.lines).toContainEqual({ line: 'title', text: 'PA-7K3M-9QXP' });
  expect(receipt.lines).toContainEqual({ line: 'qr', text: 'PA-7K3M-9QXP' });
  expect(receipt.lines).toContainEqual(expect.objectContaining({ line: 'columns', right: category }));
  expect(receipt.lines).toContainEqual(expect.objectContaining({ line: 'columns', right: '23/11/2026 07:05' }));
});
