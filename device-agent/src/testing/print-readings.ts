/**
 * For tests that put hardware under a program from outside (umockdev): opens a driver on a port and prints what it tells, one JSON line each.
 * node print-readings.ts <kind> <config as JSON> <lines>
 * Ends after that many lines; prints {"error": code, "message"} when the driver or its port fails.
 */
import { systemClock } from '@tramhoc/base/clock';
import { silentLog } from '@tramhoc/base/log';
import { systemRandom } from '@tramhoc/base/random';
import { isTramError } from '@tramhoc/protocol/errors';
import type { AnyDriverDefinition } from '../drivers/driver.ts';
import { openLink } from '../transports/open-link.ts';

const [, , kind = '', config = '{}', lines = '1'] = process.argv;
const clock = systemClock();
let left = Number(lines);

function print(value: unknown): boolean {
  process.stdout.write(`${JSON.stringify(value)}\n`);
  left -= 1;
  if (left === 0) process.exit(0);
  return true;
}

function stop(cause: unknown): void {
  left = 1;
  print(isTramError(cause) ? { error: cause.code, message: cause.message } : { error: 'INTERNAL', message: String(cause) });
}

try {
  // only this one driver: the whole registry takes seconds to load on a slow machine
  const folder = (await import(`../drivers/${kind}/driver.ts`)) as Record<string, AnyDriverDefinition>;
  const definition = Object.values(folder).find((exported) => exported.kind === kind)!;
  const parsed: unknown = definition.configSchema.parse(JSON.parse(config));
  const link = await openLink(definition.link(parsed), { clock });
  link.on('error', stop);
  await definition.open(link, parsed, { clock, random: systemRandom(), log: silentLog, emit: print, fail: stop });
} catch (cause) {
  stop(cause);
}
