/** What is inside the data of packets: punches, users, counts, time. Layouts and sources: README.md, Protocol source. */
import { isLocalTime } from '@tramhoc/protocol/terminal-punch';
import type { Punch } from '../driver.ts';
import { directionOf, verifyOf } from '../zkteco-push/codec.ts';

/** A punch in the log; in the oldest firmware it has no PIN, only the user's place in the list. */
export type LogRecord = { place: number; pin: string | undefined; time: string; verify: string; state: string };
export type RecordBytes = 8 | 16 | 40;

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
const two = (value: number): string => String(value).padStart(2, '0');

/** Seconds as if every month had 31 days, from 2000. terminal.md, Device Time. May be a day that does not exist. */
export function decodeTime(value: number): string {
  const seconds = value % 86_400;
  const days = Math.floor(value / 86_400);
  const date = `${2000 + Math.floor(days / 372)}-${two((Math.floor(days / 31) % 12) + 1)}-${two((days % 31) + 1)}`;
  return `${date}T${two(Math.floor(seconds / 3_600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

/** Six bytes of a realtime packet: year since 2000, month, day, hour, minute, second. realtime.md. */
function decodeEventTime(bytes: Uint8Array): string {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = bytes;
  return `20${two(year)}-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}:${two(second)}`;
}

/** Text that ends with a zero byte. */
function textOf(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder('latin1').decode(end < 0 ? bytes : bytes.subarray(0, end)).trim();
}

/** How long each record is: the log does not say, its length and the count of records do. undefined when neither length fits. */
export function recordBytesOf({ logBytes, recordCount }: { logBytes: number; recordCount: number }): RecordBytes | undefined {
  const sizes: readonly RecordBytes[] = [40, 16, 8];
  const exact = sizes.find((size) => size * recordCount === logBytes);
  if (exact !== undefined) return exact;
  // somebody punched between the two questions
  return sizes.find((size) => logBytes % size === 0 && logBytes / size > recordCount && logBytes / size <= recordCount + 50);
}

/** data-record.md (40 bytes), pyzk (8 and 16). */
export function readRecord(bytes: Uint8Array, size: RecordBytes): LogRecord {
  const view = viewOf(bytes);
  switch (size) {
    case 40:
      return {
        ...{ place: view.getUint16(0, true), pin: textOf(bytes.subarray(2, 26)), verify: String(bytes[26]) },
        ...{ time: decodeTime(view.getUint32(27, true)), state: String(bytes[31]) },
      };
    case 16:
      return {
        ...{ place: 0, pin: String(view.getUint32(0, true)), time: decodeTime(view.getUint32(4, true)) },
        ...{ verify: String(bytes[8]), state: String(bytes[9]) },
      };
    case 8: {
      const place = view.getUint16(0, true);
      return { place, pin: undefined, verify: String(bytes[2]), time: decodeTime(view.getUint32(3, true)), state: String(bytes[7]) };
    }
    default:
      return size satisfies never;
  }
}

/** undefined where somebody or the time is none: records that a terminal with an empty battery makes. */
export function punchOf(terminal: string, { pin, time, verify, state }: LogRecord): Punch | undefined {
  if (pin === undefined || !/^[0-9A-Za-z]{1,24}$/.test(pin) || !isLocalTime(time)) return undefined;
  return { kind: 'punch', terminal, pin, localTime: time, verify: verifyOf(verify), direction: directionOf(state) };
}

/** The data of a realtime packet with event 1; undefined for what is none. 36 or 32 bytes on terminals with letters in PINs, else 12 (pyzk). */
export function readEvent(terminal: string, data: Uint8Array): Punch | undefined {
  if (data.length === 12) {
    const [verify, state] = [String(data[4]), String(data[5])];
    return punchOf(terminal, {
      place: 0,
      pin: String(viewOf(data).getUint32(0, true)),
      time: decodeEventTime(data.subarray(6, 12)),
      verify,
      state,
    });
  }
  if (data.length < 32) return undefined;
  const [verify, state] = [String(data[24]), String(data[25])];
  return punchOf(terminal, { place: 0, pin: textOf(data.subarray(0, 24)), time: decodeEventTime(data.subarray(26, 32)), verify, state });
}

export type TerminalUser = { place: number; pin: string };
const userSizes = [72, 28] as const;

/** Who stands at which place. Names, cards and passwords are in there too and are not read. data-user.md (72 bytes), pyzk (28). */
export function readUsers(bytes: Uint8Array, userCount: number): TerminalUser[] {
  const size = userSizes.find((length) => length * userCount === bytes.length);
  if (size === undefined) return [];
  const users: TerminalUser[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    const record = bytes.subarray(at, at + size);
    const pin = size === 72 ? textOf(record.subarray(48, 72)) : String(viewOf(record).getUint32(24, true));
    users.push({ place: viewOf(record).getUint16(0, true), pin });
  }
  return users;
}

/** terminal.md, Get Device Status: 20 or 23 counts of 4 bytes. */
export function readCounts(data: Uint8Array): { userCount: number; recordCount: number } | undefined {
  if (data.length < 36) return undefined;
  const view = viewOf(data);
  return { userCount: view.getUint32(16, true), recordCount: view.getUint32(32, true) };
}

/** `~SerialNumber=0316144680030` and a zero byte. */
export function readOption(data: Uint8Array, name: string): string | undefined {
  const text = textOf(data);
  return text.startsWith(`${name}=`) ? text.slice(name.length + 1) : undefined;
}
