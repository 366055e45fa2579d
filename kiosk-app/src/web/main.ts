/** `node kiosk-app/src/web/main.ts --config <file>`: the kiosk's page for a browser of this computer. Prints log lines and one ready line. */

import { parseArgs } from 'node:util';
import { systemClock } from '@tramhoc/base/clock';
import { readConfig } from '@tramhoc/base/config';
import { createLog } from '@tramhoc/base/log';
import { systemRandom } from '@tramhoc/base/random';
import { isTramError } from '@tramhoc/protocol/errors';
import { z } from 'zod';
import { startWebHost } from '../host/web-host.ts';

const Config = z.strictObject({
  /** Unix socket (or named pipe) of the agent. */
  agentSocket: z.string().min(1),
  host: z.enum(['127.0.0.1', '::1']).default('127.0.0.1'),
  port: z.int().min(0).max(65_535),
  distFolder: z.string().min(1),
  idle: z.strictObject({ idleMs: z.int().min(1_000), countdownMs: z.int().min(1_000) }).optional(),
});

const log = createLog({ part: 'kiosk-web' });
try {
  const { values } = parseArgs({ options: { config: { type: 'string' } } });
  const { idle, ...config } = readConfig(values.config ?? 'kiosk-web.json', Config);
  const host = await startWebHost(idle === undefined ? config : { ...config, idle }, { clock: systemClock(), random: systemRandom(), log });
  process.stdout.write(`${JSON.stringify({ ready: true, url: host.url })}\n`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => {
      void host.close().then(() => process.exit(0));
    });
} catch (err) {
  log.error({ err, code: isTramError(err) ? err.code : undefined }, 'the kiosk page could not be served');
  process.exit(1);
}
