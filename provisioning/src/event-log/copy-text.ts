/** An event as one line of PostgreSQL's COPY in text form (manual, COPY, "Text Format"): tabs between columns, \N for null, backslashes doubled. */
import { storedTime } from '../ingest/judge-event.ts';
import type { ReadEvent } from './plan-batch.ts';

/** In the order of `eventLine`. The position comes from the sequence. */
export const copiedColumns =
  'site_id, device_id, epoch, seq, id, type, device_time, boot_id, mono_ns, clock_quality, sent_boot_id, sent_mono_ns, site_time_ms, site_time_method, site_time_error_ms, received_ms, data';

/** Only `data` can hold a backslash, and JSON holds no raw tab or line break: everything else was checked to be of plain letters. */
export function eventLine({ event, owner, id }: ReadEvent, receivedMs: number): string {
  const time = storedTime(event);
  const data = JSON.stringify(event.data);
  return `${owner.siteId}\t${owner.deviceId}\t${event.epoch}\t${event.seq}\t${id}\t${event.type}\t${event.time}\t${event.bootid}\t${event.monons}\t${
    event.clockquality
  }\t${event.sentbootid ?? '\\N'}\t${event.sentmonons ?? '\\N'}\t${time.siteTimeMs ?? '\\N'}\t${time.method}\t${time.errorMs ?? '\\N'}\t${receivedMs}\t${
    data.includes('\\') ? data.replaceAll('\\', '\\\\') : data
  }\n`;
}

/** PostgreSQL keeps no U+0000 in a text. Only a fault's own words can hold one: they quote the names of unknown fields. */
export const withoutNul = (text: string): string => (text.includes('\u0000') ? text.replaceAll('\u0000', '\ufffd') : text);
