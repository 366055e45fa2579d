/** An agent in a process of its own that a test may kill: node main.ts <config.json> <rate of its clock>. Prints {"ready":true}. */
import { readFileSync } from 'node:fs';
import { createLog } from '@tramhoc/base/log';
import { systemRandom } from '@tramhoc/base/random';
import { startAgent } from '@tramhoc/device-agent/agent';
import { scaledClock } from '../scaled-clock.ts';

const [configPath, rate] = process.argv.slice(2);
await startAgent(JSON.parse(readFileSync(configPath!, 'utf8')), {
  clock: scaledClock(Number(rate)),
  random: systemRandom(),
  log: createLog({ part: 'agent', level: 'warn', write: (line) => process.stderr.write(line) }),
});
process.stdout.write('{"ready":true}\n');
