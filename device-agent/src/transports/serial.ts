/** Serial ports: COM ports, USB adapters and, in tests and simulations, pseudo-terminals. */
import { statSync } from 'node:fs';
import { Duplex } from 'node:stream';
import { TramError } from '@tramhoc/protocol/errors';
import { SerialPort } from 'serialport';
import type { SerialSettings } from '../drivers/driver.ts';
import type { Opening } from './open-link.ts';

/** `opened` rejects with DRIVER_PORT_UNAVAILABLE. The port is locked: a second program that opens it is refused. */
export function openSerial({ path, serial }: { path: string; serial: SerialSettings }): Opening {
  const fault = notSerial(path);
  if (fault !== undefined) return { opened: Promise.reject(fault), cancel: () => undefined };
  let cancelled = false;
  const port = new SerialPort({ path, ...serial, lock: true, autoOpen: false });
  const opened = new Promise<Duplex>((resolve, reject) => {
    port.open((cause) => {
      if (cause !== null) return reject(serialFault(path, cause));
      if (cancelled) return port.close(() => undefined);
      // some USB scanners send only while DTR is raised; pseudo-terminals and a few adapters have no such line and say so
      port.set({ dtr: true, rts: true }, () => undefined);
      resolve(asLink(port, path));
    });
  });
  return {
    opened,
    cancel() {
      cancelled = true;
      if (port.isOpen) port.close(() => undefined);
    },
  };
}

/**
 * A SerialPort of serialport 13 does not close its handle on destroy() and notices an unplugged cable only while it is being read. This Duplex
 * reads all the time (up to its two buffers) and closes the handle before it says 'close'.
 */
function asLink(port: SerialPort, path: string): Duplex {
  const link = new Duplex({
    read: () => void port.resume(),
    write: (chunk, _encoding, done) => void port.write(chunk, (cause) => done(cause)),
    destroy(cause, done) {
      port.removeAllListeners('data');
      if (port.isOpen) port.close(() => done(cause));
      else done(cause);
    },
  });
  port.on('data', (chunk: Buffer) => {
    if (!link.push(chunk)) port.pause();
  });
  port.on('error', (cause) => link.destroy(lost(path, cause)));
  port.on('close', (cause: Error | null) => link.destroy(cause === null ? undefined : lost(path, cause)));
  return link;
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
