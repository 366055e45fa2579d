/** Events that Hikvision terminals post. Shape and sources: README.md. */
import { isLocalTime, type PunchDirection, type PunchVerify } from '@tramhoc/protocol/terminal-punch';
import { z } from 'zod';
import type { Punch } from '../driver.ts';
import { isUtcOffset } from '../terminal-fields.ts';

/**
 * Of one event. `names`: what the terminal calls itself, its serial number first. `unclear`: why an event about a person is no punch, without the
 * person: the kind of event (`event 5/39`) or the field that we do not understand.
 */
export type TerminalEvent = { names: string[]; punch: Omit<Punch, 'terminal'> | undefined; unclear?: string | undefined };

export type Posted =
  /** Events, those that are no punches included; a terminal sends one in a request. */
  | { kind: 'events'; events: TerminalEvent[] }
  /** Something a terminal says, but not what happened: a heartbeat, a picture alone. */
  | { kind: 'nothing to keep' }
  /** The terminal writes XML: its event format must be changed. */
  | { kind: 'xml' }
  | ({ kind: 'not readable' } & Unreadable);
/** `unclear`: the field, or what else, that is not as it should be. */
type Unreadable = { names: string[]; unclear: string };

const Text = z.string().max(200);
/** A number to some firmware, a text to most. */
const PersonNo = z.union([Text, z.int()]).nullish();
const AccessEvent = z.object({
  majorEventType: z.int(),
  subEventType: z.int(),
  employeeNoString: PersonNo,
  employeeNo: PersonNo,
  attendanceStatus: Text.nullish(),
});
const Names = z.object({ shortSerialNumber: Text.nullish(), macAddress: Text.nullish() });
const Event = Names.extend({ dateTime: Text.nullish(), eventType: Text.nullish(), AccessControllerEvent: AccessEvent.nullish() });

/** What happened, in an event or in the answer to a search: both tell it alike. */
export type AcsRecord = {
  major: number;
  minor: number;
  time: string;
  employeeNoString?: string | number | null | undefined;
  employeeNo?: string | number | null | undefined;
  attendanceStatus?: string | null | undefined;
};

/** An event and its pictures: of the scene, the face, its heat. */
const maxParts = 32;

/** `contentType`: of the request; a body of several parts is taken apart, pictures are not looked at. */
export function readPosted(contentType: string, body: Uint8Array): Posted {
  if (body.length === 0) return { kind: 'nothing to keep' };
  const documents = /^multipart\//i.test(contentType) ? textParts(contentType, body) : [textOf(body)];
  if (documents === undefined) return { kind: 'not readable', names: [], unclear: 'parts of the form' };
  const events: TerminalEvent[] = [];
  for (const document of documents) {
    const read = readDocument(document);
    if (read === 'xml') return { kind: 'xml' };
    if (read === 'nothing') continue;
    if (!('punch' in read)) return { kind: 'not readable', ...read };
    events.push(read);
  }
  return events.length === 0 ? { kind: 'nothing to keep' } : { kind: 'events', events };
}

function readDocument(text: string): TerminalEvent | Unreadable | 'nothing' | 'xml' {
  if (text.startsWith('<') && text.includes('<AccessControllerEvent')) return 'xml';
  if (text.startsWith('<') && text.includes('EventNotificationAlert')) return 'nothing';
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { names: [], unclear: 'JSON' };
  }
  const parsed = Event.safeParse(json);
  if (!parsed.success) return { names: namesOf(Names.safeParse(json).data), unclear: parsed.error.issues[0]?.path.join('.') || 'JSON' };
  const { AccessControllerEvent: access, dateTime, eventType } = parsed.data;
  const names = namesOf(parsed.data);
  if (access === undefined || access === null) return typeof eventType === 'string' ? 'nothing' : { names, unclear: 'eventType' };
  const { majorEventType: major, subEventType: minor, ...person } = access;
  const record = { major, minor, time: dateTime ?? '', ...person };
  const punch = punchOf(record);
  return { names, punch, unclear: punch === undefined ? unclearIn(record) : undefined };
}

const namesOf = (names: z.infer<typeof Names> | undefined): string[] =>
  [names?.shortSerialNumber, names?.macAddress].filter((name) => name !== undefined && name !== null && name !== '') as string[];

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
  ...{ 69: 'other', 72: 'other', 77: 'other', 101: 'other', 105: 'other', 156: 'other' },
};
const passedBy = ({ major, minor }: AcsRecord): PunchVerify | undefined => (major === 5 ? passed[minor] : undefined);
const directions: Readonly<Record<string, PunchDirection>> = {
  ...{ checkIn: 'in', breakIn: 'in', overtimeIn: 'in' },
  ...{ checkOut: 'out', breakOut: 'out', overtimeOut: 'out' },
};

/** undefined when nobody was recognised, or the terminal does not say who or when. */
export function punchOf(record: AcsRecord): Omit<Punch, 'terminal'> | undefined {
  const verify = passedBy(record);
  const pin = personOf(record);
  const [, day, hour, zone] = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})(?:\.\d+)? ?(Z|[+-]\d{2}:?\d{2})?$/.exec(record.time) ?? [];
  const localTime = `${day}T${hour}`;
  if (verify === undefined || !pinShape.test(pin) || !isLocalTime(localTime)) return undefined;
  const offset = offsetMinutes(zone);
  return {
    ...{ kind: 'punch', pin, localTime, verify },
    ...(offset === undefined ? {} : { utcOffsetMinutes: offset }),
    direction: directions[record.attendanceStatus ?? ''] ?? 'unknown',
  };
}

/** Of an event that is no punch; undefined when it is about nobody. */
function unclearIn(record: AcsRecord): string | undefined {
  const person = personOf(record);
  if (person === '') return undefined;
  if (passedBy(record) === undefined) return `event ${record.major}/${record.minor}`;
  return pinShape.test(person) ? 'dateTime' : 'employeeNoString';
}

const pinShape = /^[0-9A-Za-z]{1,24}$/;
/** 0 is nobody. */
function personOf({ employeeNoString, employeeNo }: AcsRecord): string {
  return [employeeNoString, employeeNo].map((no) => String(no ?? '').trim()).find((no) => no !== '' && no !== '0') ?? '';
}

function offsetMinutes(zone: string | undefined): number | undefined {
  if (zone === undefined) return undefined;
  if (zone === 'Z') return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2));
  const offset = zone.startsWith('-') ? -minutes : minutes;
  return isUtcOffset(offset) ? offset : undefined;
}

/** Some firmware calls the event a file as well: what a part is its content type says. */
const isDocument = /content-type:[^\r\n;]*(?:json|xml|text)/i;
const isPicture = /content-type:\s*(?:image|application\/octet-stream)|filename=/i;

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
    if (head === null || (isPicture.test(head[1]!) && !isDocument.test(head[1]!))) continue;
    parts.push(textOf(body.subarray(from + head[0].length, at)));
  }
  return parts.length === 0 && !text.includes('image/') ? undefined : parts;
}

const textOf = (bytes: Uint8Array): string => new TextDecoder('utf-8').decode(bytes).trim();
