/** The device agent as a program: node device-agent/src/main.ts --config agent.json. Standard output carries log lines and lines for a starter. */
import { parseArgs } from 'node:util';
import { systemClock } from '@tramhoc/base/clock';
import { readConfig } from '@tramhoc/base/config';
import { createLog } from '@tramhoc/base/log';
import { systemRandom } from '@tramhoc/base/random';
import { isTramError, TramError } from '@tramhoc/protocol/errors';
import { startAgent } from './agent.ts';
import { AgentConfig } from './agent-config.ts';

/** A line for whoever started us: `ready`, and a code that waits for approval. Everything else on standard output is log. */
const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { config: { type: 'string', short: 'c' } } });
  if (values.config === undefined) throw new TramError('CONFIG_INVALID', 'usage: node main.ts --config <file.json>');
  const config = readConfig(values.config, AgentConfig);
  const log = createLog({ part: 'agent', level: config.logLevel });
  let shownCode: string | undefined;
  const agent = await startAgent(config, {
    clock: systemClock(),
    random: systemRandom(),
    log,
    onStatus({ enrolment }) {
      if (enrolment.state !== 'waiting' || enrolment.userCode === shownCode) return;
      shownCode = enrolment.userCode;
      say({ enrolment: { userCode: enrolment.userCode, fingerprint: enrolment.fingerprint } });
    },
  });
  let stopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (stopping) return;
    stopping = true;
    log.info({ signal }, 'stopping');
    agent.close().then(
      () => process.exit(0),
      (err: unknown) => {
        log.error({ err }, 'stopped with a fault');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  say({ ready: true, localLink: config.localLink.path });
}

main().catch((cause: unknown) => {
  const line = isTramError(cause) ? `${cause.code}: ${cause.message}` : String((cause as Error).stack ?? cause);
  process.stderr.write(`${line}\n`);
  process.exit(1);
});
