/**
 * Opens what a driver talks over: a serial port, a device file or a TCP connection as a Duplex of bytes, a HID device as one of reports, UDP as one of datagrams,
 * a port on which devices call us as one of requests, a card reader of the PC/SC service as one of messages.
 */
import type { Duplex } from 'node:stream';
import type { Clock } from '@tramhoc/base/clock';
import { TramError } from '@tramhoc/protocol/errors';
import type { LinkSpec } from '../drivers/driver.ts';
import { openDeviceFile } from './device-file.ts';
import { openHid } from './hid.ts';
import { openHost } from './host.ts';
import { openHttpIn } from './http-in.ts';
import { openPcsc } from './pcsc.ts';
import { type ParsedPort, parsePort } from './port-address.ts';
import { openSerial } from './serial.ts';
import { openTcp } from './tcp.ts';
import { openTcpFrom } from './tcp-from.ts';
import { openUdp } from './udp.ts';
import { sendMagicPacket } from './wake-on-lan.ts';

/** A port that does not open within this time will not: adapters and sockets open in milliseconds. */
const openTimeoutMs = 5_000;

export type LinkDeps = { clock: Clock; signal?: AbortSignal; wake?: (mac: string) => Promise<boolean> };

/**
 * The open link. Whatever ends it (unplugged, reset, `destroy()`), it emits 'close' once and the port is free again; an 'error' before that
 * names the reason and needs no listener. Throws TramError DRIVER_PORT_UNAVAILABLE (for a port to listen on also PORT_IN_USE, PERMISSION_MISSING)
 * saying what to do, or the reason of `signal`.
 */
export async function openLink(spec: LinkSpec, { clock, signal, wake = sendMagicPacket }: LinkDeps): Promise<Duplex> {
  signal?.throwIfAborted();
  const port = parsePort(spec.port);
  if (port === undefined)
    throw new TramError(
      'DRIVER_PORT_UNAVAILABLE',
      `"${spec.port}" is not a port; write a serial port like /dev/ttyUSB0 or COM3, tcp://host:port, udp://host:port, http-in://0.0.0.0:port, tcp-from://device:port, hid:04d9:a052, file:/dev/usb/lp0, pcsc:ACR122U, or host: (this computer).`,
    );
  if ((port.bus === 'tcp' || port.bus === 'udp') && port.port === undefined)
    throw new TramError('DRIVER_PORT_UNAVAILABLE', `${spec.port} has no port number; write it as ${port.bus}://host:port.`);
  // it takes a sleeper longer to start than to connect: a later attempt will find it. What cannot be sent is told by the attempt that fails
  if (port.bus === 'tcp' && spec.wakeOnLanMac !== undefined) await wake(spec.wakeOnLanMac);
  const link = await inTime(start(port, spec, clock), { address: spec.port, clock, signal });
  link.on('error', () => undefined);
  return link;
}

function start(port: ParsedPort, { port: address, serial }: LinkSpec, clock: Clock): Opening {
  switch (port.bus) {
    case 'serial':
      return openSerial({ path: port.path, serial });
    case 'tcp':
      return openTcp({ address, host: port.host, port: port.port! });
    case 'udp':
      return openUdp({ address, host: port.host, port: port.port! });
    case 'tcp-from':
      return openTcpFrom({ address, host: port.host, port: port.port });
    case 'http-in':
      return openHttpIn({ address, host: port.host, port: port.port }, clock);
    case 'hid':
      return openHid({ address, device: port.device });
    case 'file':
      return openDeviceFile({ address, path: port.path }, clock);
    case 'pcsc':
      return openPcsc({ address, name: port.name }, clock);
    case 'host':
      return openHost(clock);
    default:
      return port satisfies never;
  }
}

/** An attempt under way. `cancel` frees what it holds, also when it succeeds later. */
export type Opening = { opened: Promise<Duplex>; cancel(): void };

function inTime(
  opening: Opening,
  { address, clock, signal }: { address: string; clock: Clock; signal: AbortSignal | undefined },
): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      timer.cancel();
      signal?.removeEventListener('abort', onAbort);
    };
    const onAbort = (): void => {
      settle();
      opening.cancel();
      reject(signal?.reason);
    };
    const timer = clock.after(openTimeoutMs, () => {
      settle();
      opening.cancel();
      reject(
        new TramError(
          'DRIVER_PORT_UNAVAILABLE',
          `${address} did not answer within ${openTimeoutMs / 1_000} s; check its power, cable and address.`,
        ),
      );
    });
    signal?.addEventListener('abort', onAbort, { once: true });
    opening.opened.then(
      (link) => {
        settle();
        resolve(link);
      },
      (cause: unknown) => {
        settle();
        reject(cause);
      },
    );
  });
}
