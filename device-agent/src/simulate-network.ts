/** How a simulated device reaches the network where it is not a TCP server: as an HTTP client, or answering datagrams. */
import { createSocket } from 'node:dgram';
import { Agent, request as httpRequest } from 'node:http';
import { Duplex } from 'node:stream';
import { asListenFault } from '@tramhoc/base/config';
import { TramError } from '@tramhoc/protocol/errors';
import type { Simulator } from './drivers/simulator.ts';
import type { HttpAnswer, HttpRequest } from './transports/http-in.ts';
import { parsePort } from './transports/port-address.ts';

export type Stage = { port: string; close(): Promise<void> };

/** `server`: http://127.0.0.1:8081, where an agent listens or will. `tell`: that nobody answers there, once until somebody does. */
export function callingServer(device: Simulator, server: string, tell: (line: string) => void): Stage {
  const { hostname, port } = serverAddress(server);
  let answered = true;
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const link = new Duplex({
    objectMode: true,
    read() {},
    write(asked: HttpRequest, _encoding, done) {
      void call(asked, { agent, hostname, port }).then((answer) => {
        const before = answered;
        answered = answer.status !== 0;
        if (before && !answered && !link.destroyed) tell(`nobody answers at ${server}; does the slot run?`);
        asked.respond(answer);
        done();
      });
    },
  });
  device.plug(link);
  return {
    port: `http-in://${hostname}:${port}`,
    async close() {
      agent.destroy();
    },
  };
}

function serverAddress(text: string): { hostname: string; port: number } {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'http:')
    throw new TramError('DRIVER_PORT_UNAVAILABLE', `"${text}" is not the address of an agent; write it like http://127.0.0.1:8081.`);
  return { hostname: url.hostname, port: Number(url.port || 80) };
}

/** Status 0: nobody answered. */
function call(
  { method, path, query, headers, body }: HttpRequest,
  { agent, hostname, port }: { agent: Agent; hostname: string; port: number },
): Promise<HttpAnswer> {
  const search = new URLSearchParams(query).toString();
  return new Promise((resolve) => {
    const asking = httpRequest(
      {
        hostname,
        port,
        agent,
        method,
        path: search === '' ? path : `${path}?${search}`,
        headers: { ...headers, 'content-length': body.length },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', () => resolve({ status: 0 }));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks) }));
      },
    );
    asking.on('error', () => resolve({ status: 0 }));
    asking.end(body);
  });
}

/** What keeps a simulated device from listening at an address. */
export function listenFault(cause: Error, where: { host: string; port: number }): unknown {
  const fault = asListenFault(cause, where);
  if (fault !== cause) return fault;
  const why =
    (cause as NodeJS.ErrnoException).code === 'EADDRNOTAVAIL'
      ? `${where.host} is not an address of this computer; listen on 127.0.0.1, or on 0.0.0.0 for all that it has.`
      : `${cause.message}; write another address.`;
  return new TramError('DRIVER_PORT_UNAVAILABLE', why, { cause });
}

/** `listen`: udp://127.0.0.1:4370, port 0 for any free one. Answers go to whoever asked last. */
export async function onUdp(device: Simulator, listen: string): Promise<Stage> {
  const address = /^udp:\/\/(.+):0$/.exec(listen);
  const parsed = address === null ? parsePort(listen) : ({ bus: 'udp', host: address[1]!, port: 0 } as const);
  if (parsed?.bus !== 'udp' || parsed.port === undefined)
    throw new TramError('DRIVER_PORT_UNAVAILABLE', `"${listen}" is not an address to listen on; write it like udp://127.0.0.1:4370.`);
  const { host, port } = parsed;
  const socket = createSocket('udp4');
  let peer: { address: string; port: number } | undefined;
  await new Promise<void>((resolve, reject) => {
    socket.once('error', (cause) => reject(listenFault(cause, { host, port })));
    socket.bind(port, host, resolve);
  });
  const link = new Duplex({
    objectMode: true,
    read() {},
    write(datagram: Uint8Array, _encoding, done) {
      if (peer === undefined) done();
      else socket.send(datagram, peer.port, peer.address, () => done());
    },
  });
  socket.on('message', (datagram, from) => {
    peer = from;
    if (!link.destroyed) link.push(datagram);
  });
  device.plug(link);
  return { port: `udp://${host}:${socket.address().port}`, close: () => new Promise((resolve) => socket.close(() => resolve())) };
}
