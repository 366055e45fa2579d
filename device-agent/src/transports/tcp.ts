/** TCP connections to serial device servers and network devices. Whether a silent peer still lives is the driver's business. */
import { connect } from 'node:net';
import { TramError } from '@tramhoc/protocol/errors';
import type { Opening } from './open-link.ts';

/** First probe of an idle connection; the operating system then gives it up after about ten more seconds. */
const keepAliveAfterMs = 10_000;

/** `opened` rejects with DRIVER_PORT_UNAVAILABLE. `address` is what the person wrote, for messages. */
export function openTcp({ address, host, port }: { address: string; host: string; port: number }): Opening {
  const socket = connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: keepAliveAfterMs });
  const opened = new Promise<typeof socket>((resolve, reject) => {
    const onError = (cause: Error): void => reject(tcpFault(address, cause));
    socket.once('error', onError);
    socket.once('connect', () => {
      socket.removeListener('error', onError);
      resolve(socket);
    });
  });
  return {
    opened,
    cancel() {
      socket.on('error', () => undefined);
      socket.destroy();
    },
  };
}

/** What the network said, as what to do next. */
export function tcpFault(address: string, cause: Error): TramError {
  const unavailable = (text: string): TramError => new TramError('DRIVER_PORT_UNAVAILABLE', `${address}: ${text}`, { cause });
  switch ((cause as NodeJS.ErrnoException).code) {
    case 'ECONNREFUSED':
      return unavailable('the connection was refused; check the port number and that the device allows network control.');
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'EHOSTDOWN':
      return unavailable('there is no way to this address; check the network cable and that both are in the same network.');
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return unavailable('this name is not known in the network; check the spelling or write the IP address.');
    case 'ETIMEDOUT':
      return unavailable('nothing answers there; check the power, cable and address of the device.');
    default:
      return unavailable(`${cause.message}; check the power, cable and address of the device.`);
  }
}
