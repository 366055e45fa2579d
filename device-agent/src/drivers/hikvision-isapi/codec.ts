/** Events that Hikvision terminals post. Shape and sources: README.md. */
import { isLocalTime, type PunchDirection, type PunchVerify } from '@tramhoc/protocol/terminal-punch';
import { z } from 'zod';
import type { Punch } from '../driver.ts';
import { isUtcOffset } from '../terminal-fields.ts';

/** Of one event. `names`: what the terminal calls itself, its serial number first. */
export type TerminalEvent = { names: string[]; punch: Omit<Punch, 'terminal'> | undefined };

export type Posted =
  /** Events, those that are no punches included; a terminal sends one in a request. */
  | { kind: 'events'; events: TerminalEvent[] }
  /** Something a terminal says, but not what happened: a heartbeat, a picture alone. */
  | { kind: 'nothing to keep' }
  /** The terminal writes XML: its event format must be changed. */
  | { kind: 'xml' }
  | { kind: 'not readable' };

const Text = z.string().max(200);
const AccessEvent = z.object({
  majorEventType: z.int(),
  subEventType: z.int(),
  employeeNoString: Text.optional(),
  attendanceStatus: Text.optional(),
});
const Event = z.object({
  dateTime: Text.optional(),
  eventType: Text.optional(),
  shortSerialNumber: Text.optional(),
  macAddress: Text.optional(),
  AccessControllerEvent: AccessEvent.optional(),
});

/** What happened, in an event or in the answer to a search: both tell it alike. */
export type AcsRecord = {
  major: number;
  minor: number;
  time: string;
  employeeNoString?: string | undefined;
  attendanceStatus?: string | undefined;
};

const maxParts = 8;

/** `contentType`: of the request; a body of several parts is taken apart, pictures are not looked at. */
export function readPosted(contentType: string, body: Uint8Array): Posted {
  if (body.length === 0) return { kind: 'nothing to keep' };
  const documents = /^multipart\//i.test(contentType) ? textParts(contentType, body) : [textOf(body)];
  if (documents === undefined) return { kind: 'not readable' };
  const events: TerminalEvent[] = [];
  for (const document of documents) {
    const read = readDocument(document);
    if (read === 'xml') return { kind: 'xml' };
    if (read === undefined) return { kind: 'not readable' };
    if (read !== 'nothing') events.push(read);
  }
  return events.length === 0 ? { kind: 'nothing to keep' } : { kind: 'events', events };
}

function readDocument(text: string): TerminalEvent | 'nothing' | 'xml' | undefined {
  if (text.startsWith('<'))
    return text.includes('<AccessControllerEvent') ? 'xml' : text.includes('EventNotificationAlert') ? 'nothing' : undefined;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  const parsed = Event.safeParse(json);
  if (!parsed.success) return undefined;
  const { AccessControllerEvent: access, dateTime, shortSerialNumber, macAddress, eventType } = parsed.data;
  if (access === undefined) return eventType === undefined ? undefined : 'nothing';
  const names = [shortSerialNumber, macAddress].filter((name) => name !== undefined && name !== '') as string[];
  const { majorEventType: major, subEventType: minor, ...person } = access;
  return { names, punch: punchOf({ major, minor, time: dateTime ?? '', ...person }) };
}

/**
 * Major 5 and these minors mean that somebody was recognised; failures, doors, buttons and alarms have others. Constants MINOR_..._PASS of the
 * maker's SDK; several ways together are `other`.
 */
const passed: Readonly<Record<number, PunchVerify>> = {
  1: 'card',
  38: 'finger',
  75: 'face',
  181: 'password',
  ...{ 2: 'other', 40: 'other', 43: 'other', 46: 'other', 54: 'other', 57: 'other', 60: 'other', 63: 'other', 66: 'other' },
  ...{ 69: 'other', 72: 'other', 77: 'other', 156: 'other' },
};
const directions: Readonly<Record<string, PunchDirection>> = {
  ...{ checkIn: 'in', breakIn: 'in', overtimeIn: 'in' },
  ...{ checkOut: 'out', breakOut: 'out', overtimeOut: 'out' },
};

/** undefined when nobody was recognised, or the terminal does not say who or when. */
export function punchOf({ major, minor, time, employeeNoString, attendanceStatus }: AcsRecord): Omit<Punch, 'terminal'> | undefined {
  const verify = major === 5 ? passed[minor] : undefined;
  const pin = employeeNoString?.trim() ?? '';
  const match = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.\d+)?(Z|[+-]\d{2}:\d{2})?$/.exec(time);
  if (verify === undefined || !/^[0-9A-Za-z]{1,24}$/.test(pin) || match === null || !isLocalTime(match[1]!)) return undefined;
  const offset = offsetMinutes(match[2]);
  return {
    ...{ kind: 'punch', pin, localTime: match[1]!, verify },
    ...(offset === undefined ? {} : { utcOffsetMinutes: offset }),
    direction: directions[attendanceStatus ?? ''] ?? 'unknown',
  };
}

function offsetMinutes(zone: string | undefined): number | undefined {
  if (zone === undefined) return undefined;
  if (zone === 'Z') return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4));
  const offset = zone.startsWith('-') ? -minutes : minutes;
  return isUtcOffset(offset) ? offset : undefined;
}

/** The parts of a form that hold text; undefined when it is none. Parts with pictures are passed over unread. */
function textParts(contentType: string, body: Uint8Array): string[] | undefined {
  const boundary = /boundary=(?:"([^"]{1,100})"|([^;\s]{1,100}))/i.exec(contentType);
  const mark = boundary?.[1] ?? boundary?.[2];
  if (mark === undefined) return undefined;
  // one character a byte, so that places in the text are places in the body
  const text = new TextDecoder('latin1').decode(body);
  const pieces = text.split(`--${mark}`, maxParts + 2);
  if (pieces.length < 2 || pieces.length > maxParts + 1) return undefined;
  const parts: string[] = [];
  let at = pieces[0]!.length;
  for (const piece of pieces.slice(1)) {
    const from = at + mark.length + 2;
    at = from + piece.length;
    const head = /^\r?\n([\s\S]{0,2000}?)\r?\n\r?\n/.exec(piece);
    if (head === null || /content-type:\s*(?:image|application\/octet-stream)/i.test(head[1]!) || /filename=/i.test(head[1]!)) continue;
    parts.push(textOf(body.subarray(from + head[0].length, at)));
  }
  return parts.length === 0 && !text.includes('image/') ? undefined : parts;
}

const textOf = (bytes: Uint8Array): string => new TextDecoder('utf-8').decode(bytes).trim();
