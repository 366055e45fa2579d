/** The config file of an ingest process. Port 0 takes a free one. */
import { z } from 'zod';
import { PostgresConfig } from '../event-log/postgres-connection.ts';

const Listener = z.strictObject({ host: z.string().min(1).max(200), port: z.int().min(0).max(65_535) });

export const IngestConfig = z.strictObject({
  /** The same database as in the centre's config. */
  eventLog: PostgresConfig,
  /** Site brokers: HTTPS with a certificate of the centre's authority. */
  devices: Listener,
  /** Folder with server.pem, server-key.pem, root.pem and device-ca.pem: `ca` in the centre's data folder, or a copy of these four. Looked at again twice a day. */
  certificates: z.string().min(1),
  /** /healthz and /metrics, without sign-in: on this computer only unless told otherwise. */
  status: Listener.default({ host: '127.0.0.1', port: 9465 }),
});
export type IngestConfig = z.input<typeof IngestConfig>;
