/** From the bytes of a publish to events, and to what could not be understood. Pure: nothing here knows what is stored already. */
import { isUtf8 } from 'node:buffer';
import type { ErrorCode } from '@tramhoc/protocol/errors';
import { checkEvent, maxBatchEvents, type TramEvent } from '@tramhoc/protocol/event';
import { isPlainEvent } from '@tramhoc/protocol/event-check';
import { type DeviceId, deviceUrn, Epoch, Seq, type SiteId } from '@tramhoc/protocol/ids';
import { maxMqttPayloadBytes } from '@tramhoc/protocol/limits';

/** An event as it came, with the fields that this version does not know, and as this version understands it. */
export type AdmittedEvent = {
  raw: Readonly<Record<string, unknown>>;
  event: TramEvent;
  /** Its JSON as it came, where that can be had without writing it anew; without anything that the site stamps. */
  text?: string;
};
/** `place` is its (epoch, seq) where that could be read: the seq counts as arrived, or it would be reported missing for ever. */
export type Refused = { code: ErrorCode; reason: string; bytes: Uint8Array; place?: { epoch: Epoch; seq: Seq } };
export type Admission = { events: AdmittedEvent[]; refused: Refused[] };

/** Deeper JSON is refused before anything walks it; the JSON Schemas in a hello event need about 12. */
const maxDepth = 32;
/** Only the broker itself says these, and it does not say them over MQTT. */
const siteFacts = 'vn.tramhoc.site.';

const utf8 = new TextDecoder();

export function admitPayload(payload: Uint8Array, owner: { siteId: SiteId; deviceId: DeviceId }): Admission {
  const whole = (code: ErrorCode, reason: string): Admission => ({ events: [], refused: [{ code, reason, bytes: payload }] });
  if (payload.length > maxMqttPayloadBytes) return whole('PAYLOAD_TOO_LARGE', `${payload.length} bytes; at most ${maxMqttPayloadBytes}`);
  if (!isUtf8(payload)) return whole('PAYLOAD_MALFORMED', 'not UTF-8');
  const text = utf8.decode(payload);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // V8 quotes the text it could not read; the kind of fault is kept and not the content
    return whole('PAYLOAD_MALFORMED', 'not JSON');
  }
  if (!Array.isArray(json)) return whole('PAYLOAD_MALFORMED', 'not an array of events');
  if (json.length < 1 || json.length > maxBatchEvents)
    return whole('PAYLOAD_MALFORMED', `${json.length} events; send 1 to ${maxBatchEvents}`);

  const admission: Admission = { events: [], refused: [] };
  const urn = deviceUrn(owner);
  for (const item of json) {
    if (isPlainEvent(item, urn)) {
      const alone = json.length === 1 && text.startsWith('[{') && text.endsWith('}]');
      admission.events.push({ raw: item, event: item, ...(alone ? { text: text.slice(1, -1) } : {}) });
      continue;
    }
    const fault = faultOf(item, urn);
    if (fault.code === undefined) admission.events.push({ raw: item as Record<string, unknown>, event: fault.event });
    else
      admission.refused.push({
        ...fault,
        bytes: new TextEncoder().encode(deeper(item) ? '"nested too deep to keep"' : JSON.stringify(item)),
      });
  }
  return admission;
}

type Fault = { code: undefined; event: TramEvent } | Pick<Refused, 'code' | 'reason' | 'place'>;

function faultOf(item: unknown, urn: string): Fault {
  if (deeper(item)) return { code: 'EVENT_INVALID', reason: `nested deeper than ${maxDepth} levels` };
  const checked = checkEvent(item);
  // a foreign source's seq belongs to a foreign stream
  const foreign = checked.ok && checked.event.source !== urn;
  if (foreign) return { code: 'NOT_ALLOWED', reason: 'source is another device than the certificate names' };
  const place = placeOf(item, urn);
  const where = place === undefined ? {} : { place };
  if (!checked.ok) return { code: 'EVENT_INVALID', reason: checked.reason, ...where };
  if (checked.event.type.startsWith(siteFacts))
    return { code: 'NOT_ALLOWED', reason: `${checked.event.type} is said by the broker only`, ...where };
  return { code: undefined, event: checked.event };
}

function placeOf(item: unknown, urn: string): { epoch: Epoch; seq: Seq } | undefined {
  if (typeof item !== 'object' || item === null) return undefined;
  const { source, epoch, seq } = item as Record<string, unknown>;
  const place = { epoch: Epoch.safeParse(epoch), seq: Seq.safeParse(seq) };
  return source === urn && place.epoch.success && place.seq.success ? { epoch: place.epoch.data, seq: place.seq.data } : undefined;
}

function deeper(value: unknown, left = maxDepth): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return left === 0 || Object.values(value).some((inner) => deeper(inner, left - 1));
}
