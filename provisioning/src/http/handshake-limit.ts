/** A handshake costs one or two milliseconds of the processor: one address gets a fifth of them at most. It is asked before anything is read. */
import type { Server } from 'node:https';
import type { Socket } from 'node:net';
import type { Clock } from '@tramhoc/base/clock';
import { createRateLimiter, type RateLimit } from '@tramhoc/base/rate-limit';
import { addressGroup } from '../access/address-group.ts';

/** All sites of a city may come from one address, that of a balancer, with two connections each and in the same minute. */
const ofAddress: RateLimit = { burst: 6_000, perSecond: 100 };
const maxAddresses = 4_096;

/** To be called when `server` has all its listeners. */
export function limitHandshakes(server: Server, clock: Clock, limit: RateLimit = ofAddress): void {
  const addresses = createRateLimiter(limit, { maxKeys: maxAddresses, nowMs: () => clock.monotonicMs() });
  const greeters = server.listeners('connection');
  server.removeAllListeners('connection');
  server.on('connection', (socket: Socket) => {
    if (addresses.take(addressGroup(socket.remoteAddress ?? ''))) for (const greet of greeters) greet.call(server, socket);
    else socket.destroy();
  });
}
