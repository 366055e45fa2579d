/** The listener for devices and site brokers: HTTPS with our own certificate, client certificates looked at by each route that needs one. */

import type { Server } from 'node:https';
import { type Clock, every } from '@tramhoc/base/clock';
import type { Log } from '@tramhoc/base/log';
import type { Random } from '@tramhoc/base/random';
import type { FastifyInstance } from 'fastify';
import type { CertificateAuthority } from '../ca/certificate-authority.ts';
import type { DeviceDesk } from '../enrolment/device-desk.ts';
import { identityCheck } from '../enrolment/device-identity.ts';
import { enrolmentRoutes } from '../enrolment/enrolment-routes.ts';
import type { EstDesk } from '../enrolment/est-desk.ts';
import { estRoutes } from '../enrolment/est-routes.ts';
import { type SiteRouteParts, siteRoutes } from '../ingest/site-routes.ts';
import { limitHandshakes } from './handshake-limit.ts';
import { httpApp } from './http-app.ts';
import { answerUnknown } from './problem.ts';

/** 2,700 sites and the devices that are being enrolled. */
const maxConnections = 20_000;
const lookAtOwnCertificateMs = 12 * 3_600_000;

export type DevicesParts = Omit<SiteRouteParts, 'identity'> & {
  authority: CertificateAuthority;
  names: readonly string[];
  enrolment: DeviceDesk;
  est: EstDesk;
  clock: Clock;
  random: Random;
  log: Log;
};

export async function devicesListener(parts: DevicesParts): Promise<FastifyInstance> {
  const { authority, names, enrolment, est, clock, random, log, store } = parts;
  const ca = [authority.rootPem, authority.deviceCaPem];
  let current = await authority.serverIdentity(names);
  const app = httpApp({ log, random, tls: { key: current.key, cert: current.cert, ca } });
  answerUnknown(app, log);
  const server = app.server as unknown as Server;
  server.maxConnections = maxConnections;
  limitHandshakes(server, clock);
  const renewal = every(clock, lookAtOwnCertificateMs, async () => {
    const next = await authority.serverIdentity(names);
    if (next.cert === current.cert) return;
    current = next;
    server.setSecureContext({ key: next.key, cert: next.cert, ca });
  });
  app.addHook('onClose', async () => renewal.cancel());
  const identity = identityCheck({ devices: store.devices, authority, clock, adopt: est.adopt });
  enrolmentRoutes(app, enrolment);
  estRoutes(app, { desk: est, authority, identity });
  siteRoutes(app, { ...parts, identity });
  return app;
}
