/** Device files that are no terminals: the kernel's own driver for USB printers gives one (/dev/usb/lp0). Linux and macOS. */
import { constants, type FileHandle, open, stat } from 'node:fs/promises';
import { Duplex } from 'node:stream';
import type { Clock, Timer } from '@tramhoc/base/clock';
import { TramError } from '@tramhoc/protocol/errors';
import type { Opening } from './open-link.ts';

/** These files cannot be waited for: the driver of a printer says "nothing yet" and is asked again. People do not notice a tenth of a second. */
const lookEveryMs = 100;
/** A printer whose memory is full takes nothing for as long as it prints. */
const writeAgainMs = 20;
const readBytes = 512;

/** `opened` rejects with DRIVER_PORT_UNAVAILABLE. `address` is what the person wrote, for messages. */
export function openDeviceFile({ address, path }: { address: string; path: string }, clock: Clock): Opening {
  let cancelled = false;
  const opening = async (): Promise<Duplex> => {
    let file: FileHandle;
    try {
      if (!(await stat(path)).isCharacterDevice())
        throw new TramError('DRIVER_PORT_UNAVAILABLE', `${address} is not a device; a USB printer is at /dev/usb/lp0.`);
      file = await open(path, constants.O_RDWR | constants.O_NONBLOCK | constants.O_NOCTTY);
    } catch (cause) {
      throw cause instanceof TramError ? cause : fileFault(address, path, cause as NodeJS.ErrnoException);
    }
    if (cancelled) {
      await file.close();
      throw new TramError('DRIVER_PORT_UNAVAILABLE', `${address} opened too late; try again.`);
    }
    return asLink(file, { address, path, clock });
  };
  return {
    opened: opening(),
    cancel() {
      cancelled = true;
    },
  };
}

/** What the operating system said, as what to do next. */
export function fileFault(address: string, path: string, cause: NodeJS.ErrnoException): TramError {
  const unavailable = (text: string): TramError => new TramError('DRIVER_PORT_UNAVAILABLE', `${address}: ${text}`, { cause });
  switch (cause.code) {
    case 'ENOENT':
    case 'ENODEV':
    case 'ENXIO':
    case 'ENOTDIR':
      return unavailable(`there is no ${path}; plug the device in and switch it on, and list what is there with: ls /dev/usb/lp*`);
    case 'EACCES':
    case 'EPERM':
      return unavailable(`this user may not open ${path}; add the user to the group lp (usermod -aG lp <user>) and sign in again.`);
    case 'EBUSY':
      return unavailable(`another program has ${path} open; stop that program (a print queue of the system perhaps).`);
    default:
      return unavailable(`${cause.message}; unplug the device and plug it in again.`);
  }
}

const isNothingYet = (cause: unknown): boolean => ['EAGAIN', 'EWOULDBLOCK', 'EINTR'].includes((cause as NodeJS.ErrnoException).code ?? '');

/** Looks for bytes all the time while its buffer has room, so that an unplugged device is noticed whether anybody reads or not. */
function asLink(file: FileHandle, { address, path, clock }: { address: string; path: string; clock: Clock }): Duplex {
  const lost = (cause: Error): TramError =>
    new TramError('DRIVER_PORT_LOST', `${address} closed while open; plug the device in again.`, { cause });
  const buffer = Buffer.alloc(readBytes);
  let room = true;
  let timer: Timer | undefined;
  /** The number of a closed file may belong to another one: whatever is under way comes to its end first. */
  let busy: Promise<unknown> = Promise.resolve();
  const look = async (): Promise<void> => {
    try {
      for (let bytesRead = 1; bytesRead > 0 && room && !link.destroyed; ) {
        const reading = file.read(buffer, 0, buffer.length, null);
        busy = reading.catch(() => undefined);
        ({ bytesRead } = await reading);
        if (bytesRead > 0 && !link.destroyed) room = link.push(Buffer.from(buffer.subarray(0, bytesRead)));
        // some printers send nothing as an empty packet; of a device that has gone the file has gone too
        if (bytesRead === 0) await stat(path);
      }
    } catch (cause) {
      if (!isNothingYet(cause)) {
        if (!link.destroyed) link.destroy(lost(cause as Error));
        return;
      }
    }
    if (!link.destroyed && room) timer = clock.after(lookEveryMs, () => void look(), { background: true });
  };
  const write = async (chunk: Buffer): Promise<void> => {
    for (let at = 0; at < chunk.length && !link.destroyed; ) {
      try {
        const writing = file.write(chunk, at, chunk.length - at);
        busy = writing.catch(() => undefined);
        at += (await writing).bytesWritten;
      } catch (cause) {
        if (!isNothingYet(cause)) throw lost(cause as Error);
        await clock.sleep(writeAgainMs);
      }
    }
  };
  const link = new Duplex({
    read() {
      if (room) return;
      room = true;
      void look();
    },
    write(chunk: Buffer, _encoding, done) {
      write(chunk).then(() => done(), done);
    },
    destroy(cause, done) {
      timer?.cancel();
      busy
        .then(() => file.close())
        .then(
          () => done(cause),
          (closing: Error) => done(cause ?? closing),
        );
    },
  });
  void look();
  return link;
}
