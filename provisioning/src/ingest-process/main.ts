/**
 * An ingest process of a city as a program: node provisioning/src/ingest-process/main.ts --config file.json
 * Standard output has log lines (pino) and one line when it is ready.
 */
import { parseArgs } from 'node:util';
import { systemClock } from '@tramhoc/base/clock';
import { readConfig } from '@tramhoc/base/config';
import { createLog, type LogLevel } from '@tramhoc/base/log';
import { systemRandom } from '@tramhoc/base/random';
import { isTramError, TramError } from '@tramhoc/protocol/errors';
import { IngestConfig } from './ingest-config.ts';
import { startIngestProcess } from './ingest-server.ts';

const log = createLog({ part: 'ingest', level: (process.env['LOG_LEVEL'] as LogLevel | undefined) ?? 'info' });

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { config: { type: 'string' } } });
  if (values.config === undefined)
    throw new TramError('CONFIG_INVALID', 'say which config: --config <file.json> (docs/runbooks/postgresql.md).');
  const config: IngestConfig = readConfig(values.config, IngestConfig);
  const ingest = await startIngestProcess(config, { clock: systemClock(), random: systemRandom(), log });
  let stopping = false;
  const stop = (signal: string): void => {
    if (stopping) return;
    stopping = true;
    log.info({ signal }, 'ingest stops');
    ingest.close().then(() => process.exit(0), fail);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop(signal));
  const { devicesUrl, statusUrl } = ingest;
  process.stdout.write(`${JSON.stringify({ ready: true, devicesUrl, statusUrl })}\n`);
}

function fail(error: unknown): void {
  process.stderr.write(`${isTramError(error) ? `${error.code}: ${error.message}` : ((error as Error).stack ?? String(error))}\n`);
  process.exit(1);
}

main().catch(fail);
