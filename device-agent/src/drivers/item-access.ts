/** Reading and writing what is on one tag, over whatever reader: bounded in time, tried again where the field is noisy, read back after writing. */
import type { Clock } from '@tramhoc/base/clock';
import { isTramError, TramError } from '@tramhoc/protocol/errors';
import type { ItemUid } from '@tramhoc/protocol/library';

/** What a tag says of itself. `blockCount` is absent where the reader cannot tell. */
export type ItemSystemInfo = {
  uid: ItemUid;
  blockBytes: number;
  blockCount?: number;
  dsfid?: number;
  afi?: number;
  icReference?: number;
};
export type ItemMemory = ItemSystemInfo & { data: Uint8Array };

/**
 * Every call ends within 15 s: with what was asked for, with DRIVER_TIMEOUT (no answer from the reader), with DRIVER_REFUSED (the tag left the
 * field, is locked, or holds something else after writing), with LINK_CLOSED, or at once with the signal's reason. Bytes are in the order of the
 * tag's memory.
 */
export type ItemAccess = {
  systemInfo(uid: ItemUid, signal?: AbortSignal): Promise<ItemSystemInfo>;
  readBlocks(uid: ItemUid, range: { first: number; count: number }, signal?: AbortSignal): Promise<Uint8Array>;
  /** The whole user memory. */
  readMemory(uid: ItemUid, signal?: AbortSignal): Promise<ItemMemory>;
  /** `data` is a multiple of the tag's block size. Resolves after the blocks were read back and are what was written. */
  writeBlocks(uid: ItemUid, what: { first: number; data: Uint8Array }, signal?: AbortSignal): Promise<void>;
  /** Resolves after the AFI was read back. */
  writeAfi(uid: ItemUid, afi: number, signal?: AbortSignal): Promise<void>;
  /** Resolves after the DSFID was read back. DRIVER_REFUSED where the reader has no command for it. */
  writeDsfid(uid: ItemUid, dsfid: number, signal?: AbortSignal): Promise<void>;
};

/** What a reader's protocol can do in one or a few exchanges. Throws TramError DRIVER_TIMEOUT, DRIVER_REFUSED, LINK_CLOSED. */
export type TagCommands = {
  systemInfo(uid: ItemUid): Promise<ItemSystemInfo>;
  /** Bytes in the order of the tag's memory. */
  read(uid: ItemUid, range: { first: number; count: number }): Promise<Uint8Array>;
  write(uid: ItemUid, what: { first: number; data: Uint8Array; blockBytes: number }): Promise<void>;
  writeAfi(uid: ItemUid, afi: number): Promise<void>;
  writeDsfid?(uid: ItemUid, dsfid: number): Promise<void>;
  /** Blocks of one command. */
  readBlocksAtOnce(blockBytes: number): number;
  writeBlocksAtOnce(blockBytes: number): number;
};

/** Has the reader for itself while it runs; `check` throws when nobody waits for the result any more. */
export type WithReader = <T>(work: (tags: TagCommands, check: () => void) => Promise<T>) => Promise<T>;

/** A pile of tags answers, not all at the first try: two tags shade each other, somebody moves the pile. */
const tries = 3;
/** A whole tag of 256 blocks takes about 4 s on the slowest of these lines; a person waits no longer than this. */
const accessTimeoutMs = 15_000;
/** ISO 15693 addresses blocks with one byte. */
const maxBlocks = 256;

export function itemAccess({ clock, withReader }: { clock: Clock; withReader: WithReader }): ItemAccess {
  const run = <T>(signal: AbortSignal | undefined, work: (tags: TagCommands) => Promise<T>): Promise<T> =>
    bounded(clock, signal, (stop) =>
      withReader((tags, check) => {
        const look = (): void => {
          stop.throwIfAborted();
          check();
        };
        return work(patient(tags, look));
      }),
    );
  return {
    systemInfo: (uid, signal) => run(signal, (tags) => tags.systemInfo(uid)),
    readBlocks: (uid, range, signal) =>
      run(signal, async (tags) => {
        checkRange(range);
        return readRange(tags, uid, { ...range, blockBytes: (await tags.systemInfo(uid)).blockBytes });
      }),
    readMemory: (uid, signal) => run(signal, (tags) => readAll(tags, uid)),
    writeBlocks: (uid, what, signal) => run(signal, (tags) => writeAndCompare(tags, uid, what)),
    writeAfi: (uid, afi, signal) =>
      run(signal, async (tags) => {
        checkByte(afi);
        await tags.writeAfi(uid, afi);
        const now = (await tags.systemInfo(uid)).afi;
        if (now !== afi) throw notAsWritten(uid, `its AFI reads ${shown(now)}`);
      }),
    writeDsfid: (uid, dsfid, signal) =>
      run(signal, async (tags) => {
        checkByte(dsfid);
        if (tags.writeDsfid === undefined)
          throw new TramError('DRIVER_REFUSED', 'this reader cannot write the DSFID of a tag; program the tag on another reader.');
        await tags.writeDsfid(uid, dsfid);
        const now = (await tags.systemInfo(uid)).dsfid;
        if (now !== dsfid) throw notAsWritten(uid, `its DSFID reads ${shown(now)}`);
      }),
  };
}

async function readAll(tags: TagCommands, uid: ItemUid): Promise<ItemMemory> {
  const info = await tags.systemInfo(uid);
  const { blockBytes, blockCount = maxBlocks } = info;
  const parts: Uint8Array[] = [];
  const atOnce = Math.max(1, tags.readBlocksAtOnce(blockBytes));
  for (let first = 0; first < blockCount; first += atOnce) {
    const count = Math.min(atOnce, blockCount - first);
    try {
      parts.push(await tags.read(uid, { first, count }));
    } catch (cause) {
      if (!isTramError(cause, 'DRIVER_REFUSED') || first + count < blockCount) {
        // the end of the memory, where the reader could not say where that is
        if (info.blockCount === undefined && first > 0 && isTramError(cause, 'DRIVER_REFUSED')) break;
        throw cause;
      }
      // some firmware counts blocks from 0, some from 1: the last one may not be there
      if (count > 1) parts.push(await tags.read(uid, { first, count: count - 1 }));
    }
  }
  const data = joinedParts(parts);
  return { ...info, blockCount: Math.floor(data.length / blockBytes), data };
}

async function readRange(
  tags: TagCommands,
  uid: ItemUid,
  { first, count, blockBytes }: { first: number; count: number; blockBytes: number },
): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  const atOnce = Math.max(1, tags.readBlocksAtOnce(blockBytes));
  for (let done = 0; done < count; done += atOnce)
    parts.push(await tags.read(uid, { first: first + done, count: Math.min(atOnce, count - done) }));
  return joinedParts(parts);
}

async function writeAndCompare(tags: TagCommands, uid: ItemUid, { first, data }: { first: number; data: Uint8Array }): Promise<void> {
  const { blockBytes } = await tags.systemInfo(uid);
  if (data.length === 0 || data.length % blockBytes !== 0)
    throw new TramError('INPUT_INVALID', `${data.length} bytes do not fill blocks of ${blockBytes}; pad them with zeros.`);
  const count = data.length / blockBytes;
  checkRange({ first, count });
  const atOnce = Math.max(1, tags.writeBlocksAtOnce(blockBytes));
  for (let done = 0; done < count; done += atOnce) {
    const part = data.subarray(done * blockBytes, Math.min(count, done + atOnce) * blockBytes);
    await tags.write(uid, { first: first + done, data: part, blockBytes });
  }
  const now = await readRange(tags, uid, { first, count, blockBytes });
  if (Buffer.compare(now, data) !== 0) throw notAsWritten(uid, 'it reads something else than was written');
}

/** The same commands, each tried again when the tag did not answer. */
function patient(tags: TagCommands, look: () => void): TagCommands {
  const again = async <T>(work: () => Promise<T>): Promise<T> => {
    for (let attempt = 1; ; attempt += 1) {
      look();
      try {
        return await work();
      } catch (cause) {
        if (attempt >= tries || !mayComeAgain(cause)) throw cause;
      }
    }
  };
  return {
    systemInfo: (uid) => again(() => tags.systemInfo(uid)),
    read: (uid, range) => again(() => tags.read(uid, range)),
    write: (uid, what) => again(() => tags.write(uid, what)),
    writeAfi: (uid, afi) => again(() => tags.writeAfi(uid, afi)),
    ...(tags.writeDsfid === undefined ? {} : { writeDsfid: (uid: ItemUid, dsfid: number) => again(() => tags.writeDsfid!(uid, dsfid)) }),
    readBlocksAtOnce: tags.readBlocksAtOnce,
    writeBlocksAtOnce: tags.writeBlocksAtOnce,
  };
}

/** Ends when `work` does, when `signal` says so, or after 15 s. Work that goes on is not waited for, and stops at its next step. */
function bounded<T>(clock: Clock, signal: AbortSignal | undefined, work: (stop: AbortSignal) => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = new AbortController();
    const end = (reason: unknown): void => {
      stop.abort(reason);
      settle();
      reject(reason);
    };
    const onAbort = (): void => end(signal?.reason);
    const timer = clock.after(accessTimeoutMs, () =>
      end(new TramError('DRIVER_TIMEOUT', `the reader took longer than ${accessTimeoutMs / 1_000} s; take some items away and try again.`)),
    );
    const settle = (): void => {
      timer.cancel();
      signal?.removeEventListener('abort', onAbort);
    };
    if (signal?.aborted === true) return onAbort();
    signal?.addEventListener('abort', onAbort, { once: true });
    work(stop.signal).then(
      (value) => {
        settle();
        resolve(value);
      },
      (cause: unknown) => {
        settle();
        reject(cause);
      },
    );
  });
}

function checkRange({ first, count }: { first: number; count: number }): void {
  if (Number.isInteger(first) && Number.isInteger(count) && first >= 0 && count >= 1 && first + count <= maxBlocks) return;
  throw new TramError('INPUT_INVALID', `blocks ${first} to ${first + count - 1} are not on a tag; it has at most ${maxBlocks}.`);
}

function checkByte(value: number): void {
  if (!Number.isInteger(value) || value < 0 || value > 0xff) throw new TramError('INPUT_INVALID', `${value} is no byte; write 0 to 255.`);
}

function notAsWritten(uid: ItemUid, what: string): TramError {
  return new TramError('DRIVER_REFUSED', `tag ${uid} was written but ${what}; lay it flat on the reader alone and write it again.`);
}

/** A refusal that may be over at the next try (`again`): the tag is at the edge of the field. */
export function tagRefusal(message: string, { again }: { again: boolean }): TramError {
  return new TramError('DRIVER_REFUSED', message, { details: { again } });
}

/** The same may be answered at the next try: an answer that did not come, or a refusal with `again`. */
export function mayComeAgain(cause: unknown): boolean {
  return isTramError(cause, 'DRIVER_TIMEOUT') || (isTramError(cause, 'DRIVER_REFUSED') && cause.details?.['again'] === true);
}

function joinedParts(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}

const shown = (value: number | undefined): string => value?.toString(16).toUpperCase().padStart(2, '0') ?? 'nothing';
