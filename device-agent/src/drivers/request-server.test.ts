/** A real port, and devices that do not speak HTTP as they should. */
import { connect, createServer } from 'node:net';
import { systemClock } from '@tramhoc/base/clock';
import { createLog } from '@tramhoc/base/log';
import { expect, onTestFinished, test } from 'vitest';
import { openHttpIn } from '../transports/http-in.ts';
import { serveRequests } from './request-server.ts';

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function say(port: number, text: string): Promise<void> {
  const socket = connect(port, '127.0.0.1', () => socket.write(text));
  socket.resume();
  await new Promise<void>((resolve) => socket.once('close', () => resolve()));
}

test('a device whose requests are refused is told of once for each cause, and what it said is counted and not told', async () => {
  const port = await freePort();
  const link = await openHttpIn({ address: `http-in://127.0.0.1:${port}`, host: '127.0.0.1', port }, systemClock()).opened;
  const logged: string[] = [];
  const counted: number[] = [];
  const server = serveRequests(link, {
    serve: async (request) => request.respond({ status: 200 }),
    onGone: () => undefined,
    onRefused: (bytes) => counted.push(bytes),
    log: createLog({ part: 'test', write: (line) => logged.push(line) }),
  });
  onTestFinished(() => {
    server.stop();
    link.destroy();
  });
  const withSpace = 'GET /iclock/cdata?SN=A1&INFO=PIN 77123 HTTP/1.1\r\nHost: a\r\n\r\n';
  for (let time = 0; time < 3; time += 1) await say(port, withSpace);
  await say(port, 'GET /%E0 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  expect(logged.map((line) => JSON.parse(line))).toMatchObject([
    { level: 'warn', peer: '127.0.0.1', reason: expect.stringMatching(/^HPE_/) },
    { level: 'warn', peer: '127.0.0.1', reason: 'bad address' },
  ]);
  expect(counted).toHaveLength(4);
  expect(counted[0]).toBe(withSpace.length);
  expect(logged.join('')).not.toContain('77123');
});
