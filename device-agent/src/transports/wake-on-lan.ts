/** Wakes a device whose network sleeps: AMD's "magic packet", sent by UDP to everybody in the network. */
import { createSocket } from 'node:dgram';

/** "Discard": nobody listens there, the network card reads along. ViewSonic's manuals name it too. */
const discardPort = 9;
const macPattern = /^(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}$/i;

/**
 * Six bytes FF, then the address sixteen times: 102 bytes. Source: AMD, "Magic Packet Technology", white paper 20213 (1995), page 2.
 * `mac` as `00:11:22:33:44:55` or with dashes; undefined when it is none.
 */
export function magicPacket(mac: string): Uint8Array | undefined {
  if (!macPattern.test(mac)) return undefined;
  const address = mac.split(/[:-]/).map((pair) => Number.parseInt(pair, 16));
  return Uint8Array.from([...new Array<number>(6).fill(0xff), ...new Array<number[]>(16).fill(address).flat()]);
}

/** Resolves when the packet is on its way, with false when it could not be sent; whether anybody wakes up only the device can show. */
export function sendMagicPacket(
  mac: string,
  { host = '255.255.255.255', port = discardPort }: { host?: string; port?: number } = {},
): Promise<boolean> {
  const packet = magicPacket(mac);
  if (packet === undefined) return Promise.resolve(false);
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    let over = false;
    const end = (sent: boolean): void => {
      if (!over) socket.close();
      over = true;
      resolve(sent);
    };
    socket.once('error', () => end(false));
    socket.bind(0, () => {
      socket.setBroadcast(true);
      socket.send(packet, port, host, (error) => end(error === null));
    });
  });
}
