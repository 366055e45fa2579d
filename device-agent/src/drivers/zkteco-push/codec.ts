/** Requests of ZKTeco terminals that push (ADMS), and what they are answered. Shape and sources: README.md. */
import { createHash } from 'node:crypto';
import { isLocalTime, type PunchDirection, type PunchVerify, TerminalSerial } from '@tramhoc/protocol/terminal-punch';
import type { HttpRequest } from '../../transports/http-in.ts';
import type { Punch } from '../driver.ts';
import { isUtcOffset } from '../terminal-fields.ts';

/** A reply to a command: 0 is success, see README.md, Protocol source, appendix 1. */
export type CommandReply = { id: string; returned: number };

export type PushRequest =
  /** The handshake: which options shall I have? */
  | { ask: 'options'; serial: string; pushVersion: string }
  /** Records of attendance, or of who passed an access terminal. */
  | ({ ask: 'punches'; serial: string; table: 'ATTLOG' | 'RTLOG'; stamp: string | undefined } & Records)
  /** Users, templates, photographs, states of doors, the operators' log: taken from the terminal unseen, and answered `taken`. */
  | { ask: 'other data'; serial: string; table: string; taken: string }
  /** Is there a command? `info`: what the terminal says of itself now and then. */
  | { ask: 'commands'; serial: string; info: string | undefined }
  | { ask: 'replies'; serial: string; replies: CommandReply[] }
  | { ask: 'ping'; serial: string }
  /** Newer firmware introduces itself before anything else. */
  | { ask: 'registry'; serial: string }
  | { ask: 'push options'; serial: string }
  /** Not of this protocol. */
  | { ask: 'nothing known' };

/**
 * `rowCount` lines, of which those that are none are left out and counted in `skippedBytes`. `unclear`: why a record about a person is no punch,
 * without the person.
 */
export type Records = { punches: Punch[]; rowCount: number; skippedBytes: number; unclear: string[] };

/** The longest text of one record that we read; with GPS and temperature it has about 250 characters. */
const maxRowLength = 1_024;
const maxStampLength = 32;

export function readRequest({ method, path, query, body }: Pick<HttpRequest, 'method' | 'path' | 'query' | 'body'>): PushRequest {
  const name = /^\/iclock\/([a-z]+)(?:\.[a-z]{2,4})?$/i.exec(path)?.[1]?.toLowerCase();
  const serial = TerminalSerial.safeParse(query['SN']).data;
  if (name === undefined || serial === undefined) return { ask: 'nothing known' };
  switch (`${method} ${name}`) {
    case 'GET cdata':
      return query['options'] === undefined
        ? { ask: 'other data', serial, table: query['table'] ?? '', taken: 'OK' }
        : { ask: 'options', serial, pushVersion: query['pushver'] ?? '' };
    case 'POST cdata':
      return uploaded(serial, query, body);
    case 'POST fdata':
      return { ask: 'other data', serial, table: 'fdata', taken: 'OK' };
    case 'GET getrequest':
      return { ask: 'commands', serial, info: query['INFO'] };
    case 'POST devicecmd':
      return { ask: 'replies', serial, replies: repliesIn(body) };
    case 'GET ping':
      return { ask: 'ping', serial };
    case 'POST registry':
      return { ask: 'registry', serial };
    case 'POST push':
    case 'GET push':
      return { ask: 'push options', serial };
    default:
      return { ask: 'nothing known' };
  }
}

/** Tables whose answer is a bare OK: one thing in each body, or states. */
const singleTables = new Set(['ATTPHOTO', 'OPTIONS', 'RTSTATE', '']);

function uploaded(serial: string, query: HttpRequest['query'], body: Uint8Array): PushRequest {
  const table = (query['table'] ?? '').toUpperCase();
  if (table === 'ATTLOG' || table === 'RTLOG') {
    const stamp = query['Stamp'];
    return {
      ...{ ask: 'punches', serial, table, ...readAttlog(serial, body) },
      stamp: stamp !== undefined && stamp.length <= maxStampLength ? stamp : undefined,
    };
  }
  const rowCount = linesOf(body).length;
  if (table === 'TABLEDATA') return { ask: 'other data', serial, table, taken: tableTaken(query, rowCount) };
  return { ask: 'other data', serial, table, taken: singleTables.has(table) ? 'OK' : `OK: ${rowCount}` };
}

/** An access terminal that does not hear `user=2` of its two users sends them for ever. */
function tableTaken({ tablename = '', count = '' }: HttpRequest['query'], rowCount: number): string {
  if (!/^[0-9A-Za-z_]{1,32}$/.test(tablename)) return 'OK';
  return `${tablename}=${/^\d{1,9}$/.test(count) ? count : rowCount}`;
}

/** The rows of an ATTLOG or rtlog body in any dialect. A row that is none costs itself only. */
export function readAttlog(terminal: string, body: Uint8Array): Records {
  const lines = linesOf(body);
  const records: Records = { punches: [], rowCount: lines.length, skippedBytes: 0, unclear: [] };
  for (const line of lines) {
    const read = line.length > maxRowLength ? undefined : readRow(terminal, line);
    if (read === undefined) records.skippedBytes += new TextEncoder().encode(line).length;
    else if (read === 'nobody') continue;
    else if ('unclear' in read) records.unclear.push(read.unclear);
    else records.punches.push(read);
  }
  return records;
}

function linesOf(body: Uint8Array): string[] {
  const text = new TextDecoder('utf-8').decode(body);
  return text.split(/\r?\n/).filter((line) => line.trim() !== '' && line !== '\0');
}

/**
 * `PIN\tTime\tStatus\tVerify\t...`, or `PIN=..\tTime=..\tStatus=..\tVerifyMode=..`; only PIN and time are in every firmware. Access terminals write
 * `time=..\tpin=..\tcardno=..\teventaddr=..\tevent=..\tinoutstatus=..\tverifytype=..\tindex=..`, of doors and strangers too: there the PIN is 0.
 */
function readRow(terminal: string, line: string): Punch | 'nobody' | { unclear: string } | undefined {
  const fields = line.replace(/^\s+/, '').split('\t');
  const keyed = /^[A-Za-z]+=/.test(fields[0] ?? '');
  const named = new Map(
    fields.flatMap((field): [string, string][] => {
      const at = field.indexOf('=');
      return at < 1 ? [] : [[field.slice(0, at).toLowerCase(), field.slice(at + 1)]];
    }),
  );
  const value = (position: number, ...names: string[]): string =>
    (keyed ? (names.map((name) => named.get(name)).find((found) => found !== undefined) ?? '') : (fields[position] ?? '')).trim();
  const pin = value(0, 'pin');
  const event = keyed ? named.get('event')?.trim() : undefined;
  if (event !== undefined && (pin === '' || pin === '0')) return 'nobody';
  const localTime = value(1, 'time').replace(' ', 'T');
  if (!/^[0-9A-Za-z]{1,24}$/.test(pin) || !isLocalTime(localTime)) return undefined;
  if (event !== undefined && !letIn.has(event)) return { unclear: /^\d{1,3}$/.test(event) ? `event ${event}` : 'event' };
  const offset = offsetMinutes(value(10, 'timeoffset'));
  return {
    ...{ kind: 'punch', terminal, pin, localTime },
    ...(offset === undefined ? {} : { utcOffsetMinutes: offset }),
    ...(event === undefined
      ? { verify: verifyOf(value(3, 'verify', 'verifymode')), direction: directionOf(value(2, 'status')) }
      : { verify: passageVerify[value(3, 'verifytype')] ?? 'other', direction: passageDirection[value(2, 'inoutstatus')] ?? 'unknown' }),
  };
}

/**
 * Events of access terminals that mean that somebody was known and let in: by card or any other way (0 to 3), by finger where older firmware tells it
 * apart (14 to 19). 4 and 5 are passwords of nobody, 20 to 99 somebody who was turned away, 100 and more alarms and doors.
 */
const letIn: ReadonlySet<string> = new Set(['0', '1', '2', '3', '14', '15', '16', '17', '18', '19']);
/** 0 and 2 leave the way open there. */
const passageVerify: Readonly<Record<string, PunchVerify>> = { 1: 'finger', 3: 'password', 4: 'card', 15: 'face' };
/** The side of the door. */
const passageDirection: Readonly<Record<string, PunchDirection>> = { 0: 'in', 1: 'out' };

/**
 * Two tables are in use: 0 password, 1 finger, 2 card of older firmware, and appendix 7 of the protocol (3 password, 4 card, others for combinations).
 * They agree on 1 and 15; where they differ the older one is taken, as terminals that keep to it are the many.
 */
const verifyCodes: Readonly<Record<string, PunchVerify>> = { 0: 'password', 1: 'finger', 2: 'card', 3: 'password', 4: 'card', 15: 'face' };
export const verifyOf = (code: string): PunchVerify => verifyCodes[code] ?? 'other';

/** 0 in, 1 out, 2 break begins, 3 break ends, 4 overtime begins, 5 overtime ends; 255 and others where nobody pressed a key. */
const directionCodes: Readonly<Record<string, PunchDirection>> = { 0: 'in', 1: 'out', 2: 'out', 3: 'in', 4: 'in', 5: 'out' };
export const directionOf = (code: string): PunchDirection => directionCodes[code] ?? 'unknown';

/** Seconds from UTC with a sign, as only terminals that know their zone send them. */
function offsetMinutes(text: string): number | undefined {
  if (!/^[+-]\d{1,5}$/.test(text)) return undefined;
  const minutes = Number(text) / 60;
  return isUtcOffset(minutes) ? minutes : undefined;
}

/** `ID=..&Return=..&CMD=..`, a line each; other lines belong to answers that we never ask for. */
function repliesIn(body: Uint8Array): CommandReply[] {
  return linesOf(body).flatMap((line) => {
    const match = /(?:^|&)ID=([0-9A-Za-z]{1,16})(?:&.*)?&Return=(-?\d{1,6})(?:&|$)/i.exec(line);
    return match === null ? [] : [{ id: match[1]!, returned: Number(match[2]) }];
  });
}

/**
 * The answer to the handshake. Only punches are asked for: no users, no templates, no photographs. `stamp`: of the last records that were taken from
 * this terminal; without one the terminal goes on from its own mark (newer firmware) or sends everything again (older).
 */
export function optionsText({
  serial,
  stamp,
  utcOffsetMinutes,
}: {
  serial: string;
  stamp: string | undefined;
  utcOffsetMinutes: number;
}): string {
  return [
    `GET OPTION FROM: ${serial}`,
    `ATTLOGStamp=${stamp ?? 'None'}`,
    'OPERLOGStamp=9999',
    'ATTPHOTOStamp=None',
    'ErrorDelay=30',
    'Delay=10',
    'TransTimes=00:00;14:05',
    'TransInterval=1',
    'TransFlag=TransData AttLog',
    // whole hours as hours, others as minutes
    `TimeZone=${utcOffsetMinutes % 60 === 0 ? utcOffsetMinutes / 60 : utcOffsetMinutes}`,
    'Realtime=1',
    'Encrypt=None',
    // both sides go by the lower version: encryption begins with 2.4.0
    'ServerVer=2.2.14',
    'PushProtVer=2.2.14',
    '',
  ].join('\n');
}

/** A terminal that registers is given a code that it names from then on; it says nothing to us. */
export function registryText(serial: string): string {
  return `RegistryCode=${createHash('sha256').update(serial).digest('hex').slice(0, 12)}\n`;
}

/** Options of a terminal that has registered. */
export const pushOptionsText = [
  'ServerVersion=3.1.2',
  'ServerName=Tramhoc',
  'PushVersion=3.1.2',
  'ErrorDelay=30',
  'RequestDelay=10',
  'TransTimes=00:00;14:05',
  'TransInterval=1',
  'TransTables=Transaction',
  'Realtime=1',
  'TimeoutSec=10',
  '',
].join('\n');

/** Creates the user, or changes the name of the one there; card, password and rights of an existing one stay as they are. */
export function userCommand(id: string, { pin, name }: { pin: string; name: string }): string {
  return `C:${id}:DATA UPDATE USERINFO PIN=${pin}\tName=${name}`;
}
