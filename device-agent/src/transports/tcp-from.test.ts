import { connect, createServer, type Socket } from 'node:net';
import { systemClock } from '@tramhoc/base/clock';
import { silentLog } from '@tramhoc/base/log';
import { systemRandom } from '@tramhoc/base/random';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { Reading } from '../drivers/driver.ts';
import { feigObid } from '../drivers/feig-obid/driver.ts';
import { feigObidSimulator } from '../drivers/feig-obid/simulator.ts';
import { tagUid } from '../drivers/simulated-tags.ts';
import { openLink } from './open-link.ts';
import { parsePort } from './port-address.ts';

const clock = systemClock();

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

function call(port: number, localAddress = '127.0.0.1'): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, localAddress }, () => resolve(socket));
    socket.on('error', reject);
    onTestFinished(() => void socket.destroy());
  });
}

test('the address names the device and our port', () => {
  expect(parsePort('tcp-from://192.168.1.60:10005')).toEqual({ bus: 'tcp-from', host: '192.168.1.60', port: 10_005 });
  for (const nonsense of ['tcp-from://192.168.1.60', 'tcp-from://cong.truong.local:10005', 'tcp-from://:10005'])
    expect([nonsense, parsePort(nonsense)]).toEqual([nonsense, undefined]);
});

test('a gate that connects by itself is heard, also after it restarted; strangers are sent away, and the port is free in the end', async () => {
  const port = await freePort();
  const config = feigObid.configSchema.parse({ port: `tcp-from://127.0.0.1:${port}`, mode: 'gate-notification' });
  const link = await openLink(feigObid.link(config), { clock });
  onTestFinished(() => void link.destroy());
  const readings: Reading[] = [];
  const driver = await feigObid.open(link, config, {
    clock,
    random: systemRandom(),
    log: silentLog,
    emit: (reading) => readings.push(reading) > 0,
    fail: (error) => expect.unreachable(error.message),
  });
  const gate = feigObidSimulator.create({ clock, random: systemRandom() }, { mode: 'gate-notification', acknowledge: true });
  onTestFinished(() => gate.close());
  for (const n of [1, 2]) {
    const socket = await call(port);
    gate.plug(socket);
    gate.pass(tagUid(n));
    await vi.waitFor(() => expect(JSON.stringify(readings)).toContain(tagUid(n)), { timeout: 5_000 });
  }
  const stranger = await call(port, '127.0.0.2');
  await new Promise((resolve) => stranger.once('close', resolve));
  await expect(openLink(feigObid.link(config), { clock })).rejects.toMatchObject({ code: 'PORT_IN_USE' });
  await driver.close();
  const closed = new Promise((resolve) => link.once('close', resolve));
  link.destroy();
  await closed;
  const again = await openLink(feigObid.link(config), { clock });
  again.destroy();
});
