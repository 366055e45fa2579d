/** Serial ports: COM ports, USB adapters and, in tests and simulations, pseudo-terminals. */
import { read, statSync } from 'node:fs';
import { Duplex } from 'node:stream';
import { promisify } from 'node:util';
import { TramError } from '@tramhoc/protocol/errors';
import { SerialPort } from 'serialport';
import type { SerialSettings } from '../drivers/driver.ts';
import type { Opening } from './open-link.ts';

/** `opened` rejects with DRIVER_PORT_UNAVAILABLE. The port is locked: a second program that opens it is refused. */
export function openSerial({ path, serial }: { path: string; serial: SerialSettings }): Opening {
  let cancelled = false;
  const open = async (): Promise<Duplex> => {
    const fault = notSerial(path);
    if (fault !== undefined) throw fault;
    let port: BindingPort;
    try {
      port = await binding.open({ path, ...serial, lock: true });
    } catch (cause) {
      throw serialFault(path, cause as Error);
    }
    if (cancelled) {
      await port.close();
      throw new TramError('DRIVER_PORT_UNAVAILABLE', `${path} opened too late; try again.`);
    }
    // some USB scanners send only while DTR is raised; pseudo-terminals and a few adapters have no such line and say so
    port.set({ dtr: true, rts: true, brk: false, cts: false, dsr: false }).catch(() => undefined);
    return asLink(port, path);
  };
  return {
    opened: open(),
    cancel() {
      cancelled = true;
    },
  };
}

/** What we use of serialport: its binding to the operating system. Its stream does not close the port on destroy() nor while nobody reads. */
type BindingPort = {
  readonly isOpen: boolean;
  read(buffer: Buffer, offset: number, length: number): Promise<{ bytesRead: number }>;
  write(buffer: Buffer): Promise<void>;
  set(lines: { dtr: boolean; rts: boolean; brk: boolean; cts: boolean; dsr: boolean }): Promise<void>;
  close(): Promise<void>;
};
const binding = SerialPort.binding as unknown as { open(options: SerialSettings & { path: string; lock: boolean }): Promise<BindingPort> };

/** More than a second at 115,200 baud: nobody leaves a port unread that long on purpose. */
const bufferBytes = 16 * 1024;

/** Reads all the time while its buffer has room, so that an unplugged cable is noticed whether anybody reads or not. */
function asLink(port: BindingPort, path: string): Duplex {
  const buffer = Buffer.alloc(4_096);
  let reading: Promise<number> | undefined;
  let room = true;
  const fill = async (): Promise<void> => {
    try {
      while (room && port.isOpen) {
        reading = readSome(port, buffer);
        const bytesRead = await reading;
        reading = undefined;
        if (link.destroyed) return;
        if (bytesRead > 0) room = link.push(Buffer.from(buffer.subarray(0, bytesRead)));
        else await readable(port);
      }
    } catch (cause) {
      reading = undefined;
      if (!link.destroyed) link.destroy(lost(path, cause as Error));
    }
  };
  const link = new Duplex({
    highWaterMark: bufferBytes,
    read() {
      if (room) return;
      room = true;
      void fill();
    },
    write(chunk: Buffer, _encoding, done) {
      port.write(chunk).then(
        () => done(),
        (cause: Error) => done(lost(path, cause)),
      );
    },
    destroy(cause, done) {
      // the handle's number may belong to another file once it is closed: a read that is under way comes to its end first (on Windows closing ends it)
      Promise.resolve(isUnix(port) ? reading : undefined)
        .catch(() => undefined)
        .then(() => (port.isOpen ? port.close() : undefined))
        .then(
          () => done(cause),
          (closing: Error) => done(cause ?? closing),
        );
    },
  });
  void fill();
  return link;
}

const readHandle = promisify(read);
/** The binding on Linux and macOS. */
type UnixPort = BindingPort & {
  readonly fd: number | null;
  readonly poller: { once(event: 'readable', ready: (fault: Error | null) => void): unknown };
};
const isUnix = (port: BindingPort): port is UnixPort => 'poller' in port && 'fd' in port;

/**
 * Bytes read into `buffer`, 0 when there are none yet. serialport's own read() takes the end of a hung-up terminal (an unplugged USB adapter,
 * a closed pseudo-terminal) for "nothing yet" and tries again without pause for ever; here it is an error.
 */
async function readSome(port: BindingPort, buffer: Buffer): Promise<number> {
  if (!isUnix(port)) return (await port.read(buffer, 0, buffer.length)).bytesRead;
  if (port.fd === null) throw new Error('closed');
  try {
    const { bytesRead } = await readHandle(port.fd, buffer, 0, buffer.length, null);
    if (bytesRead === 0) throw new Error('the device hung up');
    return bytesRead;
  } catch (cause) {
    if (['EAGAIN', 'EWOULDBLOCK', 'EINTR'].includes((cause as NodeJS.ErrnoException).code ?? '')) return 0;
    throw cause;
  }
}

/** Resolves when there is something to read; rejects when the port is closed or its device gone. */
function readable(port: BindingPort): Promise<void> {
  return new Promise((resolve, reject) => {
    if (!isUnix(port)) resolve();
    else if (!port.isOpen) reject(new Error('closed'));
    else port.poller.once('readable', (fault) => (fault === null ? resolve() : reject(fault)));
  });
}

function lost(path: string, cause: Error): TramError {
  return new TramError('DRIVER_PORT_LOST', `${path} closed while open; plug the cable in again.`, { cause });
}

/** Opening a pipe would hang and opening a file would be senseless: looked at before opening. */
function notSerial(path: string): TramError | undefined {
  if (!path.startsWith('/')) return undefined;
  try {
    if (statSync(path).isCharacterDevice()) return undefined;
  } catch (cause) {
    return serialFault(path, cause as Error);
  }
  return new TramError('DRIVER_PORT_UNAVAILABLE', `${path} is not a serial port; list them with: ls /dev/serial/by-id`);
}

/** What the operating system said, as what to do next. serialport gives texts only, in different words on Linux and Windows. */
export function serialFault(path: string, cause: Error): TramError {
  const unavailable = (text: string): TramError => new TramError('DRIVER_PORT_UNAVAILABLE', `${path}: ${text}`, { cause });
  if (/ENOENT|ENODEV|ENXIO|ENOTDIR|no such file|no such device|file not found/i.test(cause.message))
    return unavailable('there is no such port; plug the device in, or choose one of: ls /dev/serial/by-id');
  if (/EACCES|EPERM|permission denied|operation not permitted/i.test(cause.message))
    return unavailable('this user may not open it; add the user to the group dialout (usermod -aG dialout <user>) and sign in again.');
  if (/EBUSY|busy|cannot lock port|temporarily unavailable|access denied/i.test(cause.message))
    return unavailable('another program has it open; stop that program or choose another port.');
  if (/inappropriate ioctl/i.test(cause.message)) return unavailable('this is not a serial port; list them with: ls /dev/serial/by-id');
  return unavailable(`${cause.message.replace(/^Error:? /, '')}; unplug the device and plug it in again.`);
}
