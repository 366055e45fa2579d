/**
 * The centre as a program: node provisioning/src/main.ts --config file.json
 * Standard output has log lines (pino), on the very first start one line with the one-time password, and one line when it is ready.
 */
import { parseArgs } from 'node:util';
import { systemClock } from '@tramhoc/base/clock';
import { readConfig } from '@tramhoc/base/config';
import { createLog, type LogLevel } from '@tramhoc/base/log';
import { systemRandom } from '@tramhoc/base/random';
import { isTramError, TramError } from '@tramhoc/protocol/errors';
import { CentreConfig } from './centre-config.ts';
import { startCentre } from './server.ts';

const log = createLog({ part: 'centre', level: (process.env['LOG_LEVEL'] as LogLevel | undefined) ?? 'info' });

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { config: { type: 'string' } } });
  if (values.config === undefined)
    throw new TramError('CONFIG_INVALID', 'say which config: --config <file.json> (provisioning/README.md).');
  const config: CentreConfig = readConfig(values.config, CentreConfig);
  const centre = await startCentre(config, { clock: systemClock(), random: systemRandom(), log });
  let stopping = false;
  const stop = (signal: string): void => {
    if (stopping) return;
    stopping = true;
    log.info({ signal }, 'centre stops');
    centre.close().then(
      () => process.exit(0),
      (error: unknown) => fail(error),
    );
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop(signal));
  const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);
  if (centre.firstRunPassword !== undefined) say({ firstRunUser: 'admin', firstRunPassword: centre.firstRunPassword });
  const { consoleUrl, devicesUrl, rootCaFile, metricsUrl, adminSocket } = centre;
  say({ ready: true, consoleUrl, devicesUrl, rootCaFile, metricsUrl, adminSocket });
}

function fail(error: unknown): void {
  process.stderr.write(`${isTramError(error) ? `${error.code}: ${error.message}` : ((error as Error).stack ?? String(error))}\n`);
  process.exit(1);
}

main().catch(fail);
