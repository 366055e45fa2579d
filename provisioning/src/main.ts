/**
 * The centre as a program: tramhoc centre start --config centre.json
 * Standard output has log lines (pino), on the very first start one line with the one-time password, and one line when it is ready.
 */
import { systemClock } from '@tramhoc/base/clock';
import { giveUp, runProgram, wrongWords } from '@tramhoc/base/command-line';
import { readConfig } from '@tramhoc/base/config';
import { createLog, type LogLevel } from '@tramhoc/base/log';
import { systemRandom } from '@tramhoc/base/random';
import { CentreConfig } from './centre-config.ts';
import { startCentre } from './server.ts';

const log = createLog({ part: 'centre', level: (process.env['LOG_LEVEL'] as LogLevel | undefined) ?? 'info' });

const usage = `usage: tramhoc centre start --config <centre.json>

Runs the centre until it is told to stop (SIGTERM, SIGINT). provisioning/README.md says what the config holds.`;

await runProgram({ usage, options: { config: { type: 'string' } } }, async ({ values }) => {
  if (values.config === undefined) throw wrongWords('--config is missing', usage);
  const config: CentreConfig = readConfig(values.config, CentreConfig);
  const centre = await startCentre(config, { clock: systemClock(), random: systemRandom(), log });
  let stopping = false;
  const stop = (signal: string): void => {
    if (stopping) return;
    stopping = true;
    log.info({ signal }, 'centre stops');
    centre.close().then(() => process.exit(0), giveUp);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop(signal));
  const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);
  if (centre.firstRunPassword !== undefined) say({ firstRunUser: 'admin', firstRunPassword: centre.firstRunPassword });
  const { consoleUrl, devicesUrl, rootCaFile, metricsUrl, adminSocket } = centre;
  say({ ready: true, consoleUrl, devicesUrl, rootCaFile, metricsUrl, adminSocket });
});
