/** Server-sent events to the browsers that are open. A client that does not keep up is closed: it comes back and asks the lists again. */
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { type Clock, every } from '@tramhoc/base/clock';
import { TramError } from '@tramhoc/protocol/errors';
import type { SiteId } from '@tramhoc/protocol/ids';
import type { LiveMessage } from '../api/contract.ts';

/** Consoles of a department; each costs a socket and little else. */
const maxClients = 200;
/** What may wait in a client's socket: about 2,000 messages. */
const maxWaitingBytes = 1024 * 1024;
/** Proxies cut connections that are silent for a minute, and a page believes a silent one for 25 s (console/api/live-link.ts). */
const heartbeatMs = 10_000;
const beat: LiveMessage = { kind: 'beat' };

export type LiveClient = {
  response: ServerResponse;
  /** Only what concerns this site. */
  site: SiteId | undefined;
  /** Asked with each heartbeat: a session that ended gets nothing more. */
  stillAllowed: () => boolean;
  headers: OutgoingHttpHeaders;
};
export type LiveHub = {
  /** Takes the response over until its end. Throws RATE_LIMITED when too many are open. */
  join(client: LiveClient): void;
  /** `site`: only clients that follow this site or all of them. The message is made only when somebody listens. */
  tell(site: SiteId | undefined, make: () => LiveMessage | undefined): void;
  listening(): boolean;
  count(): number;
  close(): void;
};

export function liveHub(clock: Clock): LiveHub {
  const clients = new Set<LiveClient>();
  const write = (client: LiveClient, text: string): void => {
    if (client.response.writableLength > maxWaitingBytes || client.response.destroyed) {
      clients.delete(client);
      client.response.destroy();
      return;
    }
    client.response.write(text);
  };
  const heartbeat = every(clock, heartbeatMs, () => {
    for (const client of clients) {
      if (client.stillAllowed()) write(client, textOf(beat));
      else client.response.end();
    }
  });
  return {
    join(client) {
      if (clients.size >= maxClients)
        throw new TramError('RATE_LIMITED', `${maxClients} live views are open; close one.`, { details: { retryAfterS: 30 } });
      clients.add(client);
      client.response.once('close', () => clients.delete(client));
      client.response.writeHead(200, {
        ...client.headers,
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
      });
      client.response.write('retry: 2000\n\n');
    },
    tell(site, make) {
      const reached = [...clients].filter((client) => client.site === undefined || site === undefined || client.site === site);
      if (reached.length === 0) return;
      const message = make();
      if (message === undefined) return;
      const text = textOf(message);
      for (const client of reached) write(client, text);
    },
    listening: () => clients.size > 0,
    count: () => clients.size,
    close() {
      heartbeat.cancel();
      for (const client of clients) client.response.destroy();
      clients.clear();
    },
  };
}

const textOf = (message: LiveMessage): string => `event: ${message.kind}\ndata: ${JSON.stringify(message)}\n\n`;
