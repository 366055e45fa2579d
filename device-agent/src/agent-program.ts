/** The device agent put together: reads its config, starts it, and takes it apart when it is told to stop. */
import { flushCompileCache } from 'node:module';
import { systemClock } from '@tramhoc/base/clock';
import { readConfig } from '@tramhoc/base/config';
import { createLog } from '@tramhoc/base/log';
import { systemRandom } from '@tramhoc/base/random';
import { startAgent } from './agent.ts';
import { AgentConfig } from './agent-config.ts';

/** A line for whoever started us: `ready`, and a code that waits for approval. Everything else on standard output is log. */
const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);

/** What was compiled is written down when nothing is in a hurry any more: a kiosk loses its power more often than it is stopped. */
const keepCompiledAfterMs = 30_000;

export async function runAgent(configPath: string): Promise<void> {
  const config = readConfig(configPath, AgentConfig);
  const log = createLog({ part: 'agent', level: config.logLevel });
  let shownCode: string | undefined;
  const clock = systemClock();
  const agent = await startAgent(config, {
    clock,
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
  clock.after(keepCompiledAfterMs, flushCompileCache, { background: true });
}
