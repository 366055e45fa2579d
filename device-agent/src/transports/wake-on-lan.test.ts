import { createSocket } from 'node:dgram';
import { expect, onTestFinished, test } from 'vitest';
import { magicPacket, sendMagicPacket } from './wake-on-lan.ts';

test('the packet is six times FF and sixteen times the address, with colons or dashes', () => {
  const address = '00112233aabb';
  expect(Buffer.from(magicPacket('00:11:22:33:AA:bb')!).toString('hex')).toBe(`ffffffffffff${address.repeat(16)}`);
  expect(magicPacket('00-11-22-33-AA-BB')).toEqual(magicPacket('00:11:22:33:aa:bb'));
});

test.each(['', '00:11:22:33:44', '00:11:22:33:44:5g', '001122334455', '00:11:22:33:44:55:66'])('"%s" wakes nobody', async (mac) => {
  expect(magicPacket(mac)).toBe(undefined);
  expect(await sendMagicPacket(mac)).toBe(false);
});

test('a sleeping device hears it on its port', async () => {
  const device = createSocket('udp4');
  onTestFinished(() => void device.close());
  const heard = new Promise<Buffer>((resolve) => device.once('message', resolve));
  await new Promise<void>((resolve) => device.bind(0, '127.0.0.1', resolve));
  expect(await sendMagicPacket('00:11:22:33:44:55', { host: '127.0.0.1', port: device.address().port })).toBe(true);
  expect(await heard).toEqual(Buffer.from(magicPacket('00:11:22:33:44:55')!));
});
