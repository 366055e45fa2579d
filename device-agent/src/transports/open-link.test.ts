import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@tramhoc/base/clock';
import { systemRandom } from '@tramhoc/base/random';
import { expect, onTestFinished, test } from 'vitest';
import type { LinkSpec } from '../drivers/driver.ts';
import { rdm6300Simulator } from '../drivers/rdm6300/simulator.ts';
import { scannerSerialSimulator } from '../drivers/scanner-serial/simulator.ts';
import { simulate } from '../simulate.ts';
import { openLink } from './open-link.ts';
import { parsePort } from './port-address.ts';
import { serialFault } from './serial.ts';
import { tcpFault } from './tcp.ts';

const clock = systemClock();
const spec = (port: string): LinkSpec => ({ port, serial: { baudRate: 9600, dataBits: 8, parity: 'none', stopBits: 1 } });
const refusal = (port: string): Promise<unknown> => openLink(spec(port), { clock }).catch((error: unknown) => error);
const unavailable = (text: string) => expect.objectContaining({ code: 'DRIVER_PORT_UNAVAILABLE', message: expect.stringContaining(text) });
const hasSocat = ((): boolean => {
  try {
    execFileSync('socat', ['-V'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'tram-link-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

async function listen(onConnection: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    onConnection(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  return `tcp://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
}

test('addresses are taken apart, and nonsense is none', () => {
  expect(parsePort('/dev/serial/by-id/usb-1a86_USB_Serial-if00-port0')).toEqual({
    bus: 'serial',
    path: '/dev/serial/by-id/usb-1a86_USB_Serial-if00-port0',
  });
  expect(parsePort('COM12')).toEqual({ bus: 'serial', path: 'COM12' });
  expect(parsePort('tcp://may-chieu-101.truong.local:4352')).toEqual({ bus: 'tcp', host: 'may-chieu-101.truong.local', port: 4352 });
  expect(parsePort('tcp://[fe80::1]:4001')).toEqual({ bus: 'tcp', host: 'fe80::1', port: 4001 });
  expect(parsePort('udp://192.168.1.201')).toEqual({ bus: 'udp', host: '192.168.1.201', port: undefined });
  expect(parsePort('http-in://0.0.0.0:8081')).toEqual({ bus: 'http-in', host: '0.0.0.0', port: 8081 });
  expect(parsePort('http-in://[::]:8081')).toEqual({ bus: 'http-in', host: '::', port: 8081 });
  expect(parsePort('tcp://192.168.1.40')).toEqual({ bus: 'tcp', host: '192.168.1.40', port: undefined });
  for (const nonsense of [
    '',
    'ttyUSB0',
    'COM',
    'COM0',
    'tcp://',
    'tcp://a:0',
    'tcp://a:65536',
    'tcp://a b:1',
    'http://a:1',
    'http-in://0.0.0.0',
    'http-in://may-chu:8081',
    'http-in://1.2.3.4.5:8081',
    'http-in://256.1.1.1:8081',
    'udp://',
    'tcp://-x:1',
    `/${'x'.repeat(300)}`,
  ])
    expect([nonsense, parsePort(nonsense)]).toEqual([nonsense, undefined]);
});

test('a port that is not there says what to do', async () => {
  const path = join(folder(), 'reader');
  expect(await refusal(path)).toEqual(unavailable('plug the device in'));
  writeFileSync(path, '');
  expect(await refusal(path)).toEqual(unavailable('is not a serial port'));
  expect(await refusal('/dev/null')).toEqual(unavailable('not a serial port'));
  expect(await refusal('ttyUSB0')).toEqual(unavailable('/dev/ttyUSB0'));
});

test('what operating systems say about ports becomes what to do', () => {
  const said = (message: string) => serialFault('/dev/ttyUSB0', new Error(message)).message;
  expect(said('Error: Permission denied, cannot open /dev/ttyUSB0')).toContain('group dialout');
  expect(said("EACCES: permission denied, stat '/dev/ttyUSB0'")).toContain('group dialout');
  expect(said('Error Resource temporarily unavailable Cannot lock port')).toContain('another program has it open');
  expect(said('Opening COM3: Access denied')).toContain('another program has it open');
  expect(said('Opening COM3: File not found')).toContain('no such port');
  expect(said('Opening COM3: Unknown error code 31')).toContain('plug it in again');
  const network = (code: string) => tcpFault('tcp://a:1', Object.assign(new Error(code), { code })).message;
  expect(network('EHOSTUNREACH')).toContain('network cable');
  expect(network('ENOTFOUND')).toContain('check the spelling');
  expect(network('ETIMEDOUT')).toContain('power');
});

test('a refused connection says so', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  expect(await refusal(`tcp://127.0.0.1:${port}`)).toEqual(unavailable('refused'));
});

test('opening can be given up', async () => {
  const stopped = new Error('stopped');
  const address = await listen(() => undefined);
  await expect(openLink(spec(address), { clock, signal: AbortSignal.abort(stopped) })).rejects.toBe(stopped);
  const controller = new AbortController();
  const opening = openLink(spec(address), { clock, signal: controller.signal });
  controller.abort(stopped);
  await expect(opening).rejects.toBe(stopped);
});

test('bytes go both ways over TCP, and a reset closes the link without a listener for errors', async () => {
  let peer: Socket | undefined;
  const address = await listen((socket) => {
    peer = socket;
    socket.pipe(socket);
  });
  const link = await openLink(spec(address), { clock });
  const echoed = new Promise<string>((resolve) => link.once('data', (bytes: Buffer) => resolve(bytes.toString())));
  link.write('hello');
  expect(await echoed).toBe('hello');
  const closed = new Promise((resolve) => link.once('close', resolve));
  peer!.resetAndDestroy();
  await closed;
});

test.skipIf(!hasSocat)('a serial port has one owner at a time, and is free again when its link is closed', async () => {
  const { port, close } = await simulate(rdm6300Simulator, { pty: join(folder(), 'reader') }, { clock, random: systemRandom() });
  onTestFinished(close);
  const link = await openLink(spec(port), { clock });
  expect(await refusal(port)).toEqual(unavailable('another program has it open'));
  const closed = new Promise((resolve) => link.once('close', resolve));
  link.destroy();
  await closed;
  const again = await openLink(spec(port), { clock });
  again.destroy();
});

test.skipIf(!hasSocat)('what came before anybody read is not lost', async () => {
  const { port, device, close } = await simulate(rdm6300Simulator, { pty: join(folder(), 'reader') }, { clock, random: systemRandom() });
  onTestFinished(close);
  const link = await openLink(spec(port), { clock });
  onTestFinished(() => void link.destroy());
  device.presentCard('14008EC793');
  device.removeCard();
  await clock.sleep(100);
  const bytes = await new Promise<Buffer>((resolve) => link.once('data', resolve));
  expect(bytes.toString('hex')).toBe('0231343030384543373933434503');
});

test.skipIf(!hasSocat)('a reader that falls behind loses nothing', async () => {
  const { port, device, close } = await simulate(
    scannerSerialSimulator,
    { pty: join(folder(), 'scanner') },
    { clock, random: systemRandom() },
  );
  onTestFinished(close);
  const link = await openLink(spec(port), { clock });
  onTestFinished(() => void link.destroy());
  const scans = Array.from({ length: 60 }, (_, at) => `${at}:`.padEnd(4_000, 'x'));
  for (const scan of scans) device.scan(scan);
  await clock.sleep(200);
  expect(link.readableLength).toBeLessThan(64 * 1024);
  let text = '';
  for await (const bytes of link) {
    text += (bytes as Buffer).toString();
    await clock.sleep(0);
    if (text.length >= scans.length * 4_001) break;
  }
  expect(text).toBe(scans.map((scan) => `${scan}\r`).join(''));
});

test('a simulated device does not take a port or a file that somebody else has', async () => {
  const first = await simulate(rdm6300Simulator, { listen: 'tcp://127.0.0.1:0' }, { clock, random: systemRandom() });
  onTestFinished(first.close);
  await expect(simulate(rdm6300Simulator, { listen: first.port }, { clock, random: systemRandom() })).rejects.toMatchObject({
    code: 'PORT_IN_USE',
  });
  const path = join(folder(), 'notes.txt');
  writeFileSync(path, 'mine');
  await expect(simulate(rdm6300Simulator, { pty: path }, { clock, random: systemRandom() })).rejects.toMatchObject({
    code: 'DRIVER_PORT_UNAVAILABLE',
  });
});

test('a device that may sleep is sent a wake-up packet before each attempt to connect, a serial one is not', async () => {
  const woken: string[] = [];
  const wake = async (mac: string): Promise<boolean> => woken.push(mac) > 0;
  const port = await listen(() => undefined);
  const link = await openLink({ ...spec(port), wakeOnLanMac: '00:11:22:33:44:55' }, { clock, wake });
  link.destroy();
  (await openLink(spec(port), { clock, wake })).destroy();
  await openLink({ ...spec('/dev/no-such-port'), wakeOnLanMac: '00:11:22:33:44:55' }, { clock, wake }).catch(() => undefined);
  expect(woken).toEqual(['00:11:22:33:44:55']);
});

test('a device file is told by its path, and a file that is no device is refused', async () => {
  expect(parsePort('file:/dev/usb/lp0')).toEqual({ bus: 'file', path: '/dev/usb/lp0' });
  for (const nonsense of ['file:lp0', 'file:/etc/passwd', 'file:', 'file:///dev/usb/lp0', 'file:/dev/usb/lp 0'])
    expect([nonsense, parsePort(nonsense)]).toEqual([nonsense, undefined]);
  const spec = { serial: { baudRate: 9600, dataBits: 8, parity: 'none', stopBits: 1 } } as const;
  await expect(openLink({ ...spec, port: 'file:/dev/usb/lp77' }, { clock: systemClock() })).rejects.toMatchObject({
    code: 'DRIVER_PORT_UNAVAILABLE',
    message: expect.stringContaining('ls /dev/usb/lp*') as string,
  });
  await expect(openLink({ ...spec, port: 'file:/dev/shm' }, { clock: systemClock() })).rejects.toMatchObject({
    message: expect.stringContaining('is not a device') as string,
  });
});
