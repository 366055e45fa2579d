import { createSocket, type Socket } from 'node:dgram';
import { systemClock } from '@tramhoc/base/clock';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { discover } from './discover.ts';
import { broadcastOf, decodeAnswer, encodeSearch } from './search-codec.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text);

test('a search is the line of the specifications', () => {
  expect(Buffer.from(encodeSearch()).toString()).toBe('%2SRCH\r');
});

test.each([
  ['%2ACKN=00:11:22:33:44:55', '00:11:22:33:44:55'],
  ['%2ACKN=00:11:22:AA:bb:Cc\r', '00:11:22:aa:bb:cc'],
  ['%2lkup=00:11:22:33:44:55\r\n', '00:11:22:33:44:55'],
  ['%2SRCH\r', undefined],
  ['%2POWR=1\r', undefined],
  ['%1ACKN=00:11:22:33:44:55\r', undefined],
  ['%2ACKN=00:11:22:33:44\r', undefined],
  ['%2ACKN=00-11-22-33-44-55\r', undefined],
  ['%2ACKN=ERR3\r', undefined],
])('the answer %j is from %s', (answer, mac) => expect(decodeAnswer(bytes(answer))).toBe(mac));

test('whatever else comes by UDP is nobody', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2_000 }), (datagram) => {
      expect(decodeAnswer(datagram)).toBe(undefined);
    }),
  );
});

test.each([
  ['192.168.1.40', '255.255.255.0', '192.168.1.255'],
  ['10.2.0.5', '255.255.0.0', '10.2.255.255'],
  ['100.64.0.1', '255.255.255.255', undefined],
  ['fe80::1', 'ffff::', undefined],
])('everybody around %s with mask %s is reached at %s', (address, netmask, everybody) =>
  expect(broadcastOf({ address, netmask })).toBe(everybody),
);

/** A device that answers each search, as devices do that answer to the asking port. */
async function projector(answers: readonly string[]): Promise<{ host: string; port: number }> {
  const socket: Socket = createSocket('udp4');
  onTestFinished(() => void socket.close());
  socket.on('message', (datagram, { address, port }) => {
    if (datagram.toString() === '%2SRCH\r') for (const answer of answers) socket.send(answer, port, address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return { host: '127.0.0.1', port: socket.address().port };
}

test('a device that answers three searches is found once, and noise is not', async () => {
  const target = await projector(['nothing', '%2ACKN=00:11:22:33:44:55\r', '%2ACKN=00:11:22:33:44:55\r']);
  const ending = new AbortController();
  const seen: string[] = [];
  const found = await discover({
    clock: systemClock(),
    signal: ending.signal,
    targets: [target],
    listen: { host: '127.0.0.1', port: 0 },
    onFound({ mac }) {
      seen.push(mac);
      ending.abort(new Error('enough'));
    },
  });
  expect(found).toEqual([{ host: '127.0.0.1', mac: '00:11:22:33:44:55' }]);
  expect(seen).toEqual(['00:11:22:33:44:55']);
});

test('where nobody answers nothing is found, and ending the search leaves no socket behind', async () => {
  const ending = new AbortController();
  const searching = discover({ clock: systemClock(), signal: ending.signal, targets: [], listen: { host: '127.0.0.1', port: 0 } });
  ending.abort(new Error('enough'));
  expect(await searching).toEqual([]);
});
