/**
 * An ingest process of a city as a program: tramhoc centre ingest --config ingest.json
 * Standard output has log lines (pino) and one line when it is ready.
 */
import { systemClock } from '@tramhoc/base/clock';
import { giveUp, runProgram, wrongWords } from '@tramhoc/base/command-line';
import { readConfig } from '@tramhoc/base/config';
import { createLog, type LogLevel } from '@tramhoc/base/log';
import { systemRandom } from '@tramhoc/base/random';
import { IngestConfig } from './ingest-config.ts';
import { startIngestProcess } from './ingest-server.ts';

const log = createLog({ part: 'ingest', level: (process.env['LOG_LEVEL'] as LogLevel | undefined) ?? 'info' });

const usage = `usage: tramhoc centre ingest --config <ingest.json>

Takes the facts of a city into PostgreSQL beside the centre until it is told to stop (SIGTERM, SIGINT). docs/runbooks/postgresql.md says what the config holds.`;

await runProgram({ usage, options: { config: { type: 'string' } } }, async ({ values }) => {
  if (values.config === undefined) throw wrongWords('--config is missing', usage);
  const config: IngestConfig = readConfig(values.config, IngestConfig);
  const ingest = await startIngestProcess(config, { clock: systemClock(), random: systemRandom(), log });
  let stopping = false;
  const stop = (signal: string): void => {
    if (stopping) return;
    stopping = true;
    log.info({ signal }, 'ingest stops');
    ingest.close().then(() => process.exit(0), giveUp);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop(signal));
  const { devicesUrl, statusUrl } = ingest;
  process.stdout.write(`${JSON.stringify({ ready: true, devicesUrl, statusUrl })}\n`);
});
