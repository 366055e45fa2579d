/** Finds PJLink class 2 devices in the networks of this computer. Class 1 devices cannot be searched for. */
import { createSocket, type Socket } from 'node:dgram';
import { networkInterfaces } from 'node:os';
import type { Clock } from '@tramhoc/base/clock';
import { broadcastOf, decodeAnswer, encodeSearch } from './search-codec.ts';

export type Found = { host: string; mac: string };
export type SearchOptions = {
  clock: Clock;
  /** Ends the search early; what was found until then is the result. */
  signal?: AbortSignal;
  /** Whom to ask; the networks of this computer unless said otherwise. */
  targets?: readonly { host: string; port: number }[];
  /** Where answers come to: devices answer to the port that PJLink has, whatever port was asked from. */
  listen?: { host?: string; port: number };
  onFound?(found: Found): void;
};

const pjlinkPort = 4352;
/** A device answers within ten seconds, and the controller listens for thirty. Class 2 specifications 3.2. */
const collectMs = 30_000;
/** UDP loses packets: three times, a second apart. */
const searchTimes = 3;
const searchEveryMs = 1_000;
/** More displays than any school has; a flood of forged answers ends here. */
const maxFound = 256;

/**
 * Each host once, in the order of their answers. When the port of PJLink is taken (another controller on this computer), answers come only from
 * devices that answer to the asking port. Never throws for the network: without one nothing is found.
 */
export async function discover({ clock, signal, targets = broadcasts(), listen, onFound }: SearchOptions): Promise<Found[]> {
  const found = new Map<string, Found>();
  const socket = await bound(listen ?? { port: pjlinkPort });
  if (socket === undefined) return [];
  socket.on('error', () => undefined);
  socket.on('message', (datagram, { address }) => {
    const mac = decodeAnswer(datagram);
    if (mac === undefined || found.has(address) || found.size >= maxFound) return;
    const one = { host: address, mac };
    found.set(address, one);
    onFound?.(one);
  });
  try {
    socket.setBroadcast(true);
    for (let time = 0; time < searchTimes; time += 1) {
      for (const { host, port } of targets) socket.send(encodeSearch(), port, host, () => undefined);
      await clock.sleep(searchEveryMs, signal);
    }
    await clock.sleep(collectMs - searchTimes * searchEveryMs, signal);
  } catch (cause) {
    if (signal?.aborted !== true) throw cause;
  } finally {
    socket.close();
  }
  return [...found.values()];
}

/** On the port asked for, or on any when that one is taken; undefined when there is no network at all. */
async function bound({ host, port }: { host?: string; port: number }): Promise<Socket | undefined> {
  for (const wanted of [port, 0]) {
    const socket = createSocket({ type: 'udp4', reuseAddr: true });
    const error = await new Promise<Error | undefined>((resolve) => {
      socket.once('error', resolve);
      socket.bind(wanted, host, () => resolve(undefined));
    });
    socket.removeAllListeners('error');
    if (error === undefined) return socket;
    socket.close();
  }
  return undefined;
}

function broadcasts(): { host: string; port: number }[] {
  const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const hosts = own.filter(({ family, internal }) => family === 'IPv4' && !internal).map((one) => broadcastOf(one));
  return [...new Set(hosts)].filter((host) => host !== undefined).map((host) => ({ host, port: pjlinkPort }));
}
