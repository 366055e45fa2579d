import { duplexPair } from 'node:stream';
import { fakeClock } from '@tramhoc/base/fake-clock';
import { silentLog } from '@tramhoc/base/log';
import { seededRandom } from '@tramhoc/base/random';
import { type EventData, eventData } from '@tramhoc/protocol/event';
import { expect, test } from 'vitest';
import { mhz19Simulator } from '../drivers/mhz19/simulator.ts';
import { drivers } from '../drivers/registry.ts';
import { createScanCommands } from './scan-command.ts';

const one = '0190a8b6-3c1e-4f4b-8d3e-2f6d1c5b7a91';
const two = '0190a8b6-3c1e-4f4b-8d3e-2f6d1c5b7a92';

function bench() {
  const clock = fakeClock();
  const told: EventData<'vn.tramhoc.device.scan.v1'>[] = [];
  const sensor = mhz19Simulator.create({ clock, random: seededRandom(1) });
  const opened: string[] = [];
  const commands = createScanCommands({
    drivers: drivers.filter(({ discovery }) => discovery?.search === undefined),
    openLink: async ({ port }) => {
      opened.push(port);
      const [ours, theirs] = duplexPair();
      sensor.plug(theirs);
      return ours;
    },
    outbox: {
      accept(_type, data) {
        told.push(eventData['vn.tramhoc.device.scan.v1'].parse(data));
        return { seq: told.length, id: '' };
      },
    },
    running: () => ({ gate: { kind: 'rdm6300', config: { port: 'tcp://127.0.0.1:4001' } } }),
    extraPorts: ['tcp://127.0.0.1:4001', 'tcp://127.0.0.1:4002'],
    clock,
    log: silentLog,
    listSerialPorts: async () => [],
    listHid: async () => [],
  });
  const say = (command: unknown): void => commands.commandArrived(Buffer.from(JSON.stringify(command)));
  const minute = async (): Promise<void> => {
    for (let second = 0; second < 60; second += 1) await clock.advance(1_000);
  };
  return { commands, told, opened, say, minute };
}

test('the beginning and the result of a scan are told, and the ports of slots are left alone', async () => {
  const { commands, told, opened, say, minute } = bench();
  say({ do: 'scan', scanId: one, modbus: false });
  await minute();
  expect(told).toMatchObject([
    { scanId: one, state: 'began', ports: [] },
    {
      scanId: one,
      state: 'done',
      more: 0,
      ports: [
        { port: 'tcp://127.0.0.1:4002', state: 'found', kind: 'mhz19' },
        { port: 'tcp://127.0.0.1:4001', state: 'in-use', slot: 'gate' },
      ],
    },
  ]);
  expect(opened).not.toContain('tcp://127.0.0.1:4001');
  await commands.close();
});

test('a second command while a scan runs begins no second scan; afterwards it does', async () => {
  const { commands, told, say, minute } = bench();
  say({ do: 'scan', scanId: one, modbus: false });
  say({ do: 'scan', scanId: two, modbus: false });
  await minute();
  expect(told.map(({ scanId }) => scanId)).toEqual([one, one]);
  say({ do: 'scan', scanId: two, modbus: false });
  await minute();
  expect(told.map(({ scanId }) => scanId)).toEqual([one, one, two, two]);
  await commands.close();
});

test('what is no command does nothing, and an agent that ends tells no half result', async () => {
  const { commands, told, say } = bench();
  commands.commandArrived(Buffer.from('noise'));
  say({ do: 'explode' });
  say({ do: 'scan', scanId: 'x', modbus: false });
  expect(told).toEqual([]);
  say({ do: 'scan', scanId: one, modbus: false });
  await commands.close();
  expect(told.map(({ state }) => state)).toEqual(['began']);
});
