/** May the rows of a batch count as delivered? Pure. */
import type { EventReceipt } from '@tramhoc/protocol/upstream';

type Sent = { device: string; epoch: string; seq: number };

/** What is wrong with the receipt, or undefined. Events that the centre set aside count as delivered and move no seq. */
export function receiptFault(rows: readonly Sent[], receipt: EventReceipt): string | undefined {
  const counted = receipt.accepted + receipt.repeated + receipt.quarantined;
  if (counted !== rows.length) return `${counted} of ${rows.length} events`;
  const stored = new Map(receipt.receipts.map(({ device, epoch, storedSeq }) => [`${device} ${epoch}`, storedSeq]));
  const uncovered = rows.filter(({ device, epoch, seq }) => (stored.get(`${device} ${epoch}`) ?? 0) < seq);
  return uncovered.length > receipt.quarantined ? `seq ${uncovered[0]!.seq} of ${uncovered[0]!.device} is not stored` : undefined;
}
