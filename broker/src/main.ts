/** Runs a site broker: `node broker/src/main.ts --config broker.json`. Stops on SIGTERM and SIGINT. */
import { parseArgs } from 'node:util';
import { systemClock } from '@tramhoc/base/clock';
import { readConfig } from '@tramhoc/base/config';
import { createLog } from '@tramhoc/base/log';
import { systemRandom } from '@tramhoc/base/random';
import { isTramError, TramError } from '@tramhoc/protocol/errors';
import { BrokerConfig } from './broker-config.ts';
import { startSiteBroker } from './site-broker.ts';

const log = createLog({ part: 'broker' });

/** One line that says what to do, and exit code 1. */
function giveUp(error: unknown): never {
  const line = isTramError(error)
    ? `${error.code}: ${error.message}`
    : `INTERNAL: ${error instanceof Error ? (error.stack ?? error.message) : error}`;
  process.stderr.write(`tramhoc-broker: ${line}\n`);
  process.exit(1);
}

function configPath(): string {
  const usage = 'start it as: node broker/src/main.ts --config <file.json>';
  try {
    const { values } = parseArgs({ options: { config: { type: 'string' } } });
    if (values.config !== undefined) return values.config;
  } catch (cause) {
    throw new TramError('CONFIG_INVALID', usage, { cause });
  }
  throw new TramError('CONFIG_INVALID', usage);
}

// what cannot happen did: the supervisor starts the broker again from disk
process.on('uncaughtException', giveUp);
process.on('unhandledRejection', giveUp);

try {
  const config = readConfig(configPath(), BrokerConfig);
  const broker = await startSiteBroker(config, { clock: systemClock(), random: systemRandom(), log });
  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    broker.close().then(() => process.exit(0), giveUp);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  const host = config.mqtt.host === '0.0.0.0' || config.mqtt.host === '::' ? '127.0.0.1' : config.mqtt.host;
  const ready = {
    ready: true,
    mqttUrl: `mqtts://${host}:${broker.mqttPort}`,
    ...(broker.gatewayPort === undefined ? {} : { gatewayPort: broker.gatewayPort }),
    statusUrl: broker.statusUrl,
    metricsUrl: new URL('/metrics', broker.statusUrl).href,
    siteId: broker.siteId,
  };
  process.stdout.write(`${JSON.stringify(ready)}\n`);
} catch (error) {
  giveUp(error);
}
