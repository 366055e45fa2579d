/** Devices that answer datagrams. The link is a Duplex of datagrams: one Buffer each, in both directions. */
import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { Duplex } from 'node:stream';
import { TramError } from '@tramhoc/protocol/errors';
import type { Opening } from './open-link.ts';
import { tcpFault } from './tcp.ts';

/** A terminal sends its log in datagrams of 1 KiB, as fast as it can; what finds no room is lost and asked for again. */
const bufferDatagrams = 1_024;
const receiveBufferBytes = 1024 * 1024;

/** `opened` rejects with DRIVER_PORT_UNAVAILABLE. Only datagrams of this host and port are heard. */
export function openUdp({ address, host, port }: { address: string; host: string; port: number }): Opening {
  const socket = createSocket({ type: isIPv6(host) ? 'udp6' : 'udp4', recvBufferSize: receiveBufferBytes });
  const opened = new Promise<Duplex>((resolve, reject) => {
    const onError = (cause: Error): void => {
      socket.close();
      reject(tcpFault(address, cause));
    };
    socket.once('error', onError);
    socket.connect(port, host, (cause?: Error) => {
      socket.removeListener('error', onError);
      if (cause !== undefined && cause !== null) onError(cause);
      else resolve(asLink(socket, address));
    });
  });
  return { opened, cancel: () => socket.close() };
}

function asLink(socket: Socket, address: string): Duplex {
  const lost = (cause: Error): TramError =>
    new TramError('DRIVER_PORT_LOST', `${address} cannot be reached any more; check the power and cable of the device.`, { cause });
  const link = new Duplex({
    objectMode: true,
    highWaterMark: bufferDatagrams,
    read() {},
    write(datagram: Uint8Array, _encoding, done) {
      socket.send(datagram, (cause) => done(cause === null || cause === undefined ? null : lost(cause)));
    },
    destroy(cause, done) {
      socket.close(() => done(cause));
    },
  });
  // ICMP says that nobody listens there
  socket.on('error', (cause) => {
    if (!link.destroyed) link.destroy(lost(cause));
  });
  socket.on('message', (datagram) => {
    if (!link.destroyed && link.readableLength < bufferDatagrams) link.push(datagram);
  });
  return link;
}
