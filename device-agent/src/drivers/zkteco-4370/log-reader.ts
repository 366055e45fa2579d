/** Reads the log of a terminal: all of it, or only its end when the beginning is known. */
import { TramError } from '@tramhoc/protocol/errors';
import { commands } from './codec.ts';
import type { Answer, Conversation } from './conversation.ts';
import { type RecordBytes, readCounts, readUsers, recordBytesOf } from './records.ts';

/** `records`: the last ones of `recordCount`, each of `size` bytes, oldest first. */
export type Log = { records: Uint8Array[]; recordCount: number; size: RecordBytes };

/** Terminals hand out this much at a time (pyzk: 0xFFC0 over TCP, 16 KiB in datagrams). */
const tcpChunkBytes = 0xffc0;
const udpChunkBytes = 16 * 1024;
/** A piece that did not come whole is asked for in quarters, twice: in datagrams down to 1 KiB, since each that is lost costs its whole piece. */
const shrinkBy = 4;
const smallestPart = 1 / shrinkBy ** 2;
/** In a row, for one place in the buffer. */
const pieceTries = 4;
const maxLogBytes = 8 * 1024 * 1024;
const logRequest = Uint8Array.of(1, commands.attendanceLog, 0, 0, 0, 0, 0, 0, 0, 0, 0);
const usersRequest = Uint8Array.of(1, commands.readUsers, 0, 5, 0, 0, 0, 0, 0, 0, 0);
/** Without a buffer. */
const oldUsersRequest = Uint8Array.of(5);

export async function readTerminalCounts(talk: Conversation): Promise<{ userCount: number; recordCount: number } | undefined> {
  const answer = await talk.ask(commands.freeSizes);
  return answer === undefined ? undefined : readCounts(answer.data);
}

/**
 * undefined when the terminal did not answer. `from`: number of records at the beginning that need not be read; only terminals that buffer their log
 * can leave them out, others send everything. Throws DRIVER_REFUSED for a log that is none we know.
 */
export async function readLog(
  talk: Conversation,
  { recordCount, from, datagrams }: { recordCount: number; from: number; datagrams: boolean },
): Promise<Log | undefined> {
  if (recordCount === 0) return { records: [], recordCount: 0, size: 40 };
  const prepared = await talk.ask(commands.prepareBuffer, logRequest);
  if (prepared === undefined) return undefined;
  if (prepared.command === commands.data) return cut(prepared.data, recordCount);
  if (!prepared.ok) {
    const old = await talk.ask(commands.attendanceLog);
    if (old === undefined) return undefined;
    if (!old.ok) throw refusal(old);
    return cut(old.data, recordCount);
  }
  const size = bufferedSize(prepared);
  const recordBytes = size === undefined ? undefined : recordBytesOf({ logBytes: size - 4, recordCount });
  if (size === undefined || recordBytes === undefined) throw refusal(prepared);
  const start = 4 + from * recordBytes;
  const bytes = await readBuffered(talk, { start, end: size, chunkBytes: datagrams ? udpChunkBytes : tcpChunkBytes });
  await talk.ask(commands.freeData);
  return bytes === undefined
    ? undefined
    : { records: pieces(bytes, recordBytes), recordCount: (size - 4) / recordBytes, size: recordBytes };
}

/** The PIN at each place of the list; undefined unless the terminal told of everybody. */
export async function readTerminalPins(
  talk: Conversation,
  { userCount, datagrams }: { userCount: number; datagrams: boolean },
): Promise<ReadonlyMap<number, string> | undefined> {
  const bytes = await readUserList(talk, datagrams);
  const users = bytes === undefined ? [] : readUsers(bytes, userCount);
  return users.length === 0 ? undefined : new Map(users.map(({ place, pin }) => [place, pin]));
}

async function readUserList(talk: Conversation, datagrams: boolean): Promise<Uint8Array | undefined> {
  const prepared = await talk.ask(commands.prepareBuffer, usersRequest);
  if (prepared === undefined) return undefined;
  if (!prepared.ok) {
    const old = await talk.ask(commands.readUsers, oldUsersRequest);
    return old?.ok === true ? old.data.subarray(4) : undefined;
  }
  if (prepared.command === commands.data) return prepared.data.subarray(4);
  const size = bufferedSize(prepared);
  if (size === undefined) return undefined;
  const bytes = await readBuffered(talk, { start: 4, end: size, chunkBytes: datagrams ? udpChunkBytes : tcpChunkBytes });
  await talk.ask(commands.freeData);
  return bytes;
}

/** A zero byte, then the size, twice, and something like a checksum. ex_data.md, Receiving Large Datasets. */
function bufferedSize({ data }: Answer): number | undefined {
  if (data.length < 5) return undefined;
  const size = new DataView(data.buffer, data.byteOffset, data.length).getUint32(1, true);
  return size >= 4 && size <= maxLogBytes ? size : undefined;
}

async function readBuffered(
  talk: Conversation,
  { start, end, chunkBytes }: { start: number; end: number; chunkBytes: number },
): Promise<Uint8Array | undefined> {
  const parts: Uint8Array[] = [];
  let pieceBytes = chunkBytes;
  let misses = 0;
  for (let at = start; at < end; ) {
    const size = Math.min(pieceBytes, end - at);
    const question = new Uint8Array(8);
    new DataView(question.buffer).setUint32(0, at, true);
    new DataView(question.buffer).setUint32(4, size, true);
    const answer = await talk.ask(commands.readBuffer, question);
    if (answer?.ok === true && answer.data.length === size) {
      parts.push(answer.data);
      at += size;
      misses = 0;
    } else {
      misses += 1;
      if (talk.over || misses === pieceTries) return undefined;
      pieceBytes = Math.max(pieceBytes / shrinkBy, chunkBytes * smallestPart);
    }
  }
  return Buffer.concat(parts);
}

/** The whole log behind its length. */
function cut(data: Uint8Array, recordCount: number): Log {
  const size = recordBytesOf({ logBytes: data.length - 4, recordCount });
  if (size === undefined) throw refusal({ command: commands.data });
  return { records: pieces(data.subarray(4), size), recordCount: (data.length - 4) / size, size };
}

function pieces(bytes: Uint8Array, size: number): Uint8Array[] {
  return Array.from({ length: Math.floor(bytes.length / size) }, (_, at) => new Uint8Array(bytes.subarray(at * size, (at + 1) * size)));
}

function refusal({ command }: { command: number }): TramError {
  return new TramError(
    'DRIVER_REFUSED',
    `the terminal does not hand out its log in a way that is known here (answer ${command}); if it can push (ADMS), use zkteco-push.`,
  );
}
