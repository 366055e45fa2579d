/** Runs a site broker: `tramhoc site start --config broker.json`. Stops on SIGTERM and SIGINT. */
import { systemClock } from '@tramhoc/base/clock';
import { giveUp, runProgram, wrongWords } from '@tramhoc/base/command-line';
import { readConfig } from '@tramhoc/base/config';
import { createLog } from '@tramhoc/base/log';
import { systemRandom } from '@tramhoc/base/random';
import { BrokerConfig } from './broker-config.ts';
import { startSiteBroker } from './site-broker.ts';

const log = createLog({ part: 'broker' });

const usage = `usage: tramhoc site start --config <broker.json>

Runs the broker of one site until it is told to stop (SIGTERM, SIGINT). broker/README.md says what the config holds.`;

// what cannot happen did: the supervisor starts the broker again from disk
process.on('uncaughtException', giveUp);
process.on('unhandledRejection', giveUp);

await runProgram({ usage, options: { config: { type: 'string' } } }, async ({ values }) => {
  if (values.config === undefined) throw wrongWords('--config is missing', usage);
  const config = readConfig(values.config, BrokerConfig);
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
});
