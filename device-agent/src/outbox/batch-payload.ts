/** Rows of the outbox as one MQTT payload. */
import assert from 'node:assert/strict';
import type { QueueRow } from '@tramhoc/base/durable-queue';
import type { BootId } from '@tramhoc/protocol/ids';
import { maxMqttPayloadBytes } from '@tramhoc/protocol/limits';

/** Stamped at sending: with them the broker works out when the event was, whatever the wall clock said. */
export type SendStamp = { bootId: BootId; monotonicNs: bigint };
/** `[`, `]` and one comma a row are counted by the row; the stamp has about 90 bytes. */
const frameBytes = 2;
/** What one event may have at most so that a batch of one fits. Checked when it is accepted. */
export const maxEventBytes = maxMqttPayloadBytes - 256;

/** As many of `rows`, in order, as fit into one payload; at least one. */
export function batchOf(rows: readonly QueueRow[], stamp: SendStamp): { payload: string; rows: QueueRow[] } {
  const tail = `,"sentbootid":"${stamp.bootId}","sentmonons":"${stamp.monotonicNs}"}`;
  const parts: string[] = [];
  let bytes = frameBytes;
  for (const { body } of rows) {
    assert(body.endsWith('}'), 'a row of the outbox holds one JSON object');
    const rowBytes = Buffer.byteLength(body) + tail.length;
    if (parts.length > 0 && bytes + rowBytes > maxMqttPayloadBytes) break;
    parts.push(body.slice(0, -1) + tail);
    bytes += rowBytes;
  }
  return { payload: `[${parts.join(',')}]`, rows: rows.slice(0, parts.length) };
}
