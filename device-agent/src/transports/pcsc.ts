/**
 * Card readers of the PC/SC service (pcscd, winscard, CryptoTokenKit). The only user of pcsc-mini, an optional dependency that is loaded when the first
 * one is opened.
 */
import { Duplex } from 'node:stream';
import type { Clock, Timer } from '@tramhoc/base/clock';
import { TramError } from '@tramhoc/protocol/errors';
import type { Card, Client, Reader, ReaderStatusFlags } from 'pcsc-mini';
import type { Opening } from './open-link.ts';

/**
 * What is read from the link, one Uint8Array each: the first byte says what it is. What is written to it are command APDUs for the card that lies on the
 * reader; each is answered by `answer` or `mute`, in their order.
 */
export const pcscMessage = {
  noCard: 0x00,
  /** Followed by its answer to reset. */
  card: 0x01,
  /** Followed by the response APDU. */
  answer: 0x02,
  /** The card has gone, or does not answer. */
  mute: 0x03,
} as const;

/** The service names all readers it has at once; one that is not among them is not plugged in. */
const listWithinMs = 700;
/** Nobody lays down cards faster. */
const bufferMessages = 64;

/** `opened` rejects with DRIVER_PORT_UNAVAILABLE. `name`: all of a reader's name or a part of it, in any case. */
export function openPcsc({ address, name }: { address: string; name: string }, clock: Clock): Opening {
  let cancel = (): void => undefined;
  const open = async (): Promise<Duplex> => {
    const library = await load(address);
    const client = new library.Client();
    cancel = () => stop(client);
    try {
      return asLink(library, { client, ...(await find(client, { address, name, clock })), address });
    } catch (cause) {
      stop(client);
      throw cause instanceof TramError ? cause : serviceFault(address, cause as Error);
    }
  };
  return { opened: open(), cancel: () => cancel() };
}

/** Names of the readers that are there, without their inner slots. None where there is no service or no library: then no driver could use them either. */
export async function listPcscReaders(clock: Clock): Promise<string[]> {
  const library = await load('pcsc:').catch(() => undefined);
  if (library === undefined) return [];
  const client = new library.Client();
  const names = new Set<string>();
  client.on('error', () => undefined);
  client.on('reader', (reader) => names.add(reader.name()));
  try {
    client.start();
    await clock.sleep(listWithinMs);
  } catch {
    return [];
  } finally {
    client.removeAllListeners();
    stop(client);
  }
  return [...names].filter((name) => !isInner(name)).toSorted();
}

type Library = typeof import('pcsc-mini');
/** `first`: what the service said of it at once. */
type Found = { reader: Reader; first: ReaderStatusFlags | undefined };

async function load(address: string): Promise<Library> {
  try {
    const imported = (await import('pcsc-mini')) as unknown as Library & { default?: Library };
    return imported.default ?? imported;
  } catch (cause) {
    throw libraryFault(address, cause as Error);
  }
}

export function libraryFault(address: string, cause: Error): TramError {
  const [said = ''] = cause.message.split('\n');
  return new TramError(
    'DRIVER_PORT_UNAVAILABLE',
    `${address}: PC/SC readers cannot be used on this computer (${said}); on Debian: apt-get install libpcsclite1 pcscd, then install the agent again with its optional packages.`,
    { cause },
  );
}

/** What the service said, as what to do next. pcsc-mini gives the names of winscard's codes. */
export function serviceFault(address: string, cause: Error & { code?: string }): TramError {
  const unavailable = (text: string): TramError => new TramError('DRIVER_PORT_UNAVAILABLE', `${address}: ${text}`, { cause });
  switch (cause.code) {
    case 'NoService':
    case 'ServiceStopped':
      return unavailable('the PC/SC service does not run; on Debian: apt-get install pcscd, then systemctl enable --now pcscd.socket');
    case 'NoAccess':
    case 'SecurityViolation':
      return unavailable('this user may not use the PC/SC service; allow it in /etc/polkit-1/rules.d (org.debian.pcsc-lite.access_pcsc).');
    default:
      return unavailable(`the PC/SC service said ${cause.code ?? cause.message}; unplug the reader and plug it in again.`);
  }
}

function stop(client: Client): void {
  try {
    if (client.running()) client.stop();
  } catch {
    // the service has gone, and with it everything that was to be stopped
  }
}

/** Contactless readers often have a second slot for a chip card inside, with almost the same name. */
const isInner = (name: string): boolean => /\bSAM\b/i.test(name);

/** Which of `names` is meant by `wanted`: the one of this name, else the only one that has it in its name. */
export function readersNamed(wanted: string, names: readonly string[]): string[] {
  const exact = names.filter((name) => name === wanted);
  if (exact.length > 0) return exact;
  const fitting = names.filter((name) => name.toLowerCase().includes(wanted.toLowerCase()));
  const outer = fitting.filter((name) => !isInner(name));
  return (isInner(wanted) || outer.length === 0 ? fitting : outer).toSorted();
}

function find(client: Client, { address, name, clock }: { address: string; name: string; clock: Clock }): Promise<Found> {
  return new Promise((resolve, reject) => {
    const readers = new Map<string, Found>();
    let timer: Timer | undefined;
    const settle = (): void => {
      timer?.cancel();
      client.removeAllListeners();
    };
    client.on('error', (cause) => {
      settle();
      reject(serviceFault(address, cause));
    });
    client.on('reader', (reader) => {
      const found: Found = { reader, first: undefined };
      readers.set(reader.name(), found);
      reader.on('change', (status) => {
        found.first = status;
      });
    });
    timer = clock.after(listWithinMs, () => {
      settle();
      const [first, ...others] = readersNamed(name, [...readers.keys()]);
      if (first !== undefined && others.length === 0) resolve(readers.get(first)!);
      else reject(notFound(address, { fitting: first === undefined ? [] : [first, ...others], there: [...readers.keys()] }));
    });
    client.start();
  });
}

function notFound(address: string, { fitting, there }: { fitting: readonly string[]; there: readonly string[] }): TramError {
  const text =
    fitting.length > 1
      ? `this fits several readers; write more of the name: ${fitting.slice(0, 8).join('; ')}`
      : `there is no such reader; plug it in, and check the name with pcsc_scan.${there.length === 0 ? '' : ` There are: ${there.slice(0, 8).join('; ')}`}`;
  return new TramError('DRIVER_PORT_UNAVAILABLE', `${address}: ${text}`);
}

function asLink(library: Library, { client, reader, first, address }: Found & { client: Client; address: string }): Duplex {
  const { ReaderStatus, CardMode, CardDisposition } = library;
  let card: Card | undefined;
  let present: boolean | undefined;
  const letGo = (): void => {
    const gone = card;
    card = undefined;
    // a card that lies there may be in use by somebody else too: it is left as it is
    gone?.disconnect(CardDisposition.LEAVE).catch(() => undefined);
  };
  const tell = (kind: number, bytes: Uint8Array = new Uint8Array()): void => {
    if (!link.destroyed && link.readableLength < bufferMessages) link.push(Buffer.from([kind, ...bytes]));
  };
  const lose = (cause?: Error): void => {
    if (!link.destroyed)
      link.destroy(
        new TramError('DRIVER_PORT_LOST', `${address} has gone; plug the reader in again.`, cause === undefined ? {} : { cause }),
      );
  };
  /** The answer to reset comes from the connection: the one that pcsc-mini 0.1.3 hands out with a change is overwritten memory. */
  const meet = async (): Promise<void> => {
    let atr: Uint8Array = new Uint8Array();
    try {
      card ??= await reader.connect(CardMode.SHARED);
      ({ atr } = await card.state());
    } catch {
      // it is asked for its number all the same, and again until it answers or is taken away
      letGo();
    }
    if (present === true) tell(pcscMessage.card, atr);
    else letGo();
  };
  const transmit = async (apdu: Uint8Array): Promise<void> => {
    try {
      if (present !== true) throw new Error('there is no card');
      card ??= await reader.connect(CardMode.SHARED);
      tell(pcscMessage.answer, await card.transmit(apdu));
    } catch {
      letGo();
      tell(pcscMessage.mute);
    }
  };
  const link = new Duplex({
    objectMode: true,
    highWaterMark: bufferMessages,
    read() {},
    write(apdu: Uint8Array, _encoding, done) {
      void transmit(apdu).then(() => done());
    },
    destroy(cause, done) {
      letGo();
      stop(client);
      done(cause);
    },
  });
  const look = (status: ReaderStatusFlags): void => {
    const now = status.has(ReaderStatus.PRESENT) && !status.has(ReaderStatus.MUTE);
    if (now === present) return;
    present = now;
    if (now) void meet();
    else {
      letGo();
      tell(pcscMessage.noCard);
    }
  };
  reader.removeAllListeners('change');
  reader.on('change', look);
  if (first !== undefined) look(first);
  reader.on('disconnect', () => lose());
  client.on('error', (cause) => lose(cause));
  return link;
}
