/** An agent in a process of its own that a test may kill: node main.ts <config.json> <scaled time as JSON>. Prints {"ready":true}. */
import { readFileSync } from 'node:fs';
import { createLog } from '@tramhoc/base/log';
import { systemRandom } from '@tramhoc/base/random';
import { startAgent } from '@tramhoc/device-agent/agent';
import { type ScaledTime, scaledClock } from '../scaled-clock.ts';

const [configPath, time] = process.argv.slice(2);
await startAgent(JSON.parse(readFileSync(configPath!, 'utf8')), {
  clock: scaledClock(JSON.parse(time!) as ScaledTime),
  random: systemRandom(),
  log: createLog({ part: 'agent', level: 'warn', write: (line) => process.stderr.write(line) }),
});
process.stdout.write('{"ready":true}\n');
