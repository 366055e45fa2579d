/**
 * Takes the sites' batches into PostgreSQL and does nothing else: one of many beside the centre, which follows the log (event-log/log-tail.ts). It keeps
 * nothing of its own; any number of them may run behind a balancer that passes TLS through.
 */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type Clock, every } from '@tramhoc/base/clock';
import { asListenFault } from '@tramhoc/base/config';
import type { Log } from '@tramhoc/base/log';
import type { Random } from '@tramhoc/base/random';
import { TramError } from '@tramhoc/protocol/errors';
import { faults } from '@tramhoc/protocol/event';
import type { FastifyInstance } from 'fastify';
import { identityCheck } from '../enrolment/device-identity.ts';
import { openPostgres } from '../event-log/postgres-connection.ts';
import { postgresWriter } from '../event-log/postgres-log.ts';
import { prepareSchema } from '../event-log/postgres-schema.ts';
import { openRegistryCopy } from '../event-log/registry-copy.ts';
import { limitHandshakes } from '../http/handshake-limit.ts';
import { httpApp } from '../http/http-app.ts';
import { centreMetrics } from '../http/metrics.ts';
import { answerUnknown } from '../http/problem.ts';
import { brokerOnly, eventsRoute } from '../ingest/events-route.ts';
import { IngestConfig } from './ingest-config.ts';

/** A batch at work is mostly waiting for a commit that it shares with others: more of them make larger groups, not more work. */
const maxBatchesAtWork = 96;
const maxConnections = 20_000;
const lookAtCertificateMs = 12 * 3_600_000;
/** Longer without an answer of the database than this, and a balancer should send sites elsewhere. */
const unhealthyMs = 10_000;

export type IngestProcess = { devicesUrl: string; statusUrl: string; close(): Promise<void> };

/** Throws CONFIG_INVALID, PORT_IN_USE, STORE_UNREACHABLE, STORE_REFUSED, STORE_TOO_NEW; what was opened until then is closed. */
export async function startIngestProcess(input: IngestConfig, deps: { clock: Clock; random: Random; log: Log }): Promise<IngestProcess> {
  const parsed = IngestConfig.safeParse(input);
  if (!parsed.success)
    throw new TramError('CONFIG_INVALID', `ingest: ${faults(parsed.error)}. Mend the config and start again.`, { cause: parsed.error });
  const opened: (() => Promise<void> | void)[] = [];
  const close = async (): Promise<void> => {
    for (const stop of opened.splice(0).reverse()) await stop();
  };
  try {
    return { ...(await open(parsed.data, deps, opened)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function open(
  config: ReturnType<typeof IngestConfig.parse>,
  { clock, random, log }: { clock: Clock; random: Random; log: Log },
  opened: (() => Promise<void> | void)[],
): Promise<Omit<IngestProcess, 'close'>> {
  let certificates = readCertificates(config.certificates);
  const postgres = openPostgres(config.eventLog, { log, name: 'tramhoc ingest' });
  opened.push(() => postgres.close());
  await prepareSchema(postgres);
  const registered = await openRegistryCopy({ postgres, clock, log });
  opened.push(() => registered.close());
  const writer = postgresWriter({ postgres, writers: config.eventLog.writers, registered, clock, log });
  opened.push(() => writer.close());
  const metrics = centreMetrics();
  metrics.waitingEvents(() => writer.waitingEvents());

  const { key, cert, ca } = certificates;
  const devices = httpApp({ log, random, tls: { key, cert, ca } });
  opened.push(() => devices.close());
  const server = devices.server as unknown as Server;
  server.maxConnections = maxConnections;
  limitHandshakes(server, clock);
  const renewal = every(clock, lookAtCertificateMs, () => {
    const next = readCertificates(config.certificates);
    if (next.cert === certificates.cert) return;
    certificates = next;
    server.setSecureContext({ key: next.key, cert: next.cert, ca: next.ca });
  });
  opened.push(() => renewal.cancel());
  answerUnknown(devices, log);
  const identity = identityCheck({ devices: registered, authority: { deviceCa: certificates.deviceCa }, clock });
  eventsRoute(devices, {
    ...{ brokerOf: brokerOnly(identity), take: writer.take, metrics, clock },
    ...{ stored: () => undefined, maxAtWork: maxBatchesAtWork },
  });

  const status = httpApp({ log, random });
  opened.push(() => status.close());
  answerUnknown(status, log);
  status.get('/healthz', (_request, reply) => {
    const ok = registered.freshMs() < unhealthyMs;
    return reply.code(ok ? 200 : 503).send({ ok, waitingEvents: writer.waitingEvents() });
  });
  status.get('/metrics', async (_request, reply) => reply.type(metrics.contentType).send(await metrics.text()));
  const statusPort = await listen(status, config.status);
  const devicesPort = await listen(devices, config.devices);
  const urls = { devicesUrl: `https://localhost:${devicesPort}`, statusUrl: `http://${config.status.host}:${statusPort}` };
  log.info(urls, 'ingest is open');
  return urls;
}

/** Throws CONFIG_INVALID naming the file. */
function readCertificates(folder: string): { key: string; cert: string; ca: string[]; deviceCa: X509Certificate } {
  const read = (name: string): string => {
    try {
      return readFileSync(join(folder, name), 'utf8');
    } catch (cause) {
      throw new TramError(
        'CONFIG_INVALID',
        `certificates: ${(cause as Error).message}. Name the folder "ca" of the centre, or copy server.pem, server-key.pem, root.pem and device-ca.pem from it.`,
        { cause },
      );
    }
  };
  const deviceCaPem = read('device-ca.pem');
  return {
    key: read('server-key.pem'),
    cert: read('server.pem'),
    ca: [read('root.pem'), deviceCaPem],
    deviceCa: new X509Certificate(deviceCaPem),
  };
}

async function listen(app: FastifyInstance, where: { host: string; port: number }): Promise<number> {
  try {
    await app.listen(where);
  } catch (cause) {
    throw asListenFault(cause, where);
  }
  return (app.server.address() as AddressInfo).port;
}
