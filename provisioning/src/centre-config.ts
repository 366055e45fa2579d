/** The centre's config file. Port 0 takes a free one. */
import { z } from 'zod';
import { PostgresConfig } from './event-log/postgres-connection.ts';

const Listener = z.strictObject({ host: z.string().min(1).max(200), port: z.int().min(0).max(65_535) });

export const CentreConfig = z.strictObject({
  /** Everything the centre owns: database, keys, admin socket. Made with mode 0700. */
  dataDir: z.string().min(1),
  /** Stands in the names of the certificate authorities. */
  departmentName: z.string().trim().min(1).max(60).default('Tramhoc'),
  /** The console and its API. Plain HTTP: put a TLS proxy before it and name its address in `publicUrl` (https). */
  console: Listener.extend({ publicUrl: z.url({ protocol: /^https?$/ }).optional() }),
  /** Site brokers and devices: HTTPS with our own certificate, which carries `names` (host names and addresses they use). */
  devices: Listener.extend({ names: z.array(z.string().min(1).max(200)).min(1).max(16) }),
  /** Local administration; whoever may open it governs this centre. Default: <dataDir>/admin.sock */
  adminSocket: z.string().min(1).optional(),
  /** Where the facts of all sites are kept: the file in `dataDir`, or PostgreSQL (docs/runbooks/postgresql.md). */
  eventLog: z.discriminatedUnion('kind', [z.strictObject({ kind: z.literal('sqlite') }), PostgresConfig]).default({ kind: 'sqlite' }),
  /** Size of the database. 256 GiB hold a year of some hundred sites; more should live in PostgreSQL. At the cap sites keep their facts. */
  maxStoreBytes: z
    .int()
    .min(4 * 1024 * 1024)
    .default(256 * 1024 ** 3),
  /** The built console. Default: provisioning/dist/console */
  consoleFolder: z.string().min(1).optional(),
});
export type CentreConfig = z.input<typeof CentreConfig>;
