/** The tracking code on paper. What was written and the telephone number stay off it: paper is left lying about. Pure. */
import type { FeedbackCategory } from '@tramhoc/protocol/kiosk';
import type { Receipt } from '@tramhoc/protocol/receipt';
import type { FeedbackMessages } from './messages.vi.ts';

export type ReceiptFacts = { trackingCode: string; category: FeedbackCategory | undefined; siteName: string; dateTime: string };

export function feedbackReceipt({ trackingCode, category, siteName, dateTime }: ReceiptFacts, t: FeedbackMessages): Receipt {
  return {
    lines: [
      { line: 'text', text: siteName, bold: true, centred: true },
      { line: 'text', text: t.receipt.title, centred: true },
      { line: 'rule' },
      { line: 'text', text: t.codeLabel, centred: true },
      { line: 'title', text: trackingCode },
      { line: 'qr', text: trackingCode },
      { line: 'rule' },
      ...(category === undefined ? [] : [{ line: 'columns' as const, left: t.answers.category, right: t.categories[category] }]),
      { line: 'columns', left: t.receipt.sentAt, right: dateTime },
      { line: 'space' },
      { line: 'text', text: t.receipt.keep },
    ],
  };
}
