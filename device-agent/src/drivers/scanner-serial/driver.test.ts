/** A scanner at the end of a real connection. */
import { connect, createServer, type Socket } from 'node:net';
import { systemClock } from '@tramhoc/base/clock';
import { silentLog } from '@tramhoc/base/log';
import { seededRandom } from '@tramhoc/base/random';
import { expect, onTestFinished, test } from 'vitest';
import type { Reading } from '../driver.ts';
import { staleMs } from '../scan-text.ts';
import { scannerSerial } from './driver.ts';

const card = '001098012345||NGUYỄN VĂN B|01012000|Nữ|Hà Nội|01012022';

async function wired(): Promise<{ scanner: Socket; agent: Socket }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve));
  const { port } = server.address() as { port: number };
  const agent = connect(port, '127.0.0.1');
  const scanner = (await accepted).setNoDelay(true);
  onTestFinished(() => {
    for (const end of [scanner, agent, server]) 'destroy' in end ? end.destroy() : end.close();
  });
  return { scanner, agent };
}

test('a code that goes on while the agent is held up longer than any pause comes whole', async () => {
  const { scanner, agent } = await wired();
  const readings: Reading[] = [];
  const both = Promise.withResolvers<void>();
  const driver = await scannerSerial.open(agent, scannerSerial.configSchema.parse({ port: 'tcp://127.0.0.1:4001' }), {
    ...{ clock: systemClock(), random: seededRandom(1), log: silentLog, fail: () => undefined },
    emit(reading) {
      if (readings.push(reading) === 2) both.resolve();
      return true;
    },
  });
  onTestFinished(() => driver.close());
  const heard = (): Promise<void> => new Promise((resolve) => agent.once('data', () => resolve()));
  scanner.write('FIRST\r');
  await heard();
  scanner.write(card.slice(0, 30));
  await heard();
  scanner.write(`${card.slice(30)}\r`);
  // a commit to a slow disk holds up timers and reading alike
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, staleMs + 150);
  await both.promise;
  expect(readings).toEqual([
    { kind: 'code', text: 'FIRST' },
    { kind: 'code', text: card },
  ]);
});
