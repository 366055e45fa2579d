/** Our messages before the eyes of others: the decoder of npm llrpjs, and the dissector of Wireshark where it is installed. */
import { createRequire } from 'node:module';
import { duplexPair } from 'node:stream';
import { fakeClock } from '@tramhoc/base/fake-clock';
import { silentLog } from '@tramhoc/base/log';
import { seededRandom } from '@tramhoc/base/random';
import { expect, test } from 'vitest';
import { dissected, hasWireshark, type Said } from '../../testing/wireshark.ts';
import {
  addRoSpec,
  closeConnection,
  deleteAccessSpecs,
  deleteRoSpecs,
  enableRoSpec,
  getCapabilities,
  keepaliveAck,
  setKeepalive,
} from './client-messages.ts';
import { llrp } from './driver.ts';
import { llrpSimulator } from './simulator.ts';

const spec = { roSpecId: 1, antennas: [1, 2], session: 1 as const, population: 32, durationMs: 0, reportEvery: 1, content: 0x1400 };
const ours: { name: string; type: number; bytes: Uint8Array }[] = [
  { name: 'GET_READER_CAPABILITIES', type: 1, bytes: getCapabilities(1, 1) },
  { name: 'SET_READER_CONFIG', type: 3, bytes: setKeepalive(2, 10_000) },
  { name: 'DELETE_ACCESSSPEC', type: 41, bytes: deleteAccessSpecs(3) },
  { name: 'DELETE_ROSPEC', type: 21, bytes: deleteRoSpecs(4) },
  { name: 'ADD_ROSPEC', type: 20, bytes: addRoSpec(5, spec) },
  { name: 'ENABLE_ROSPEC', type: 24, bytes: enableRoSpec(6, 1) },
  { name: 'KEEPALIVE_ACK', type: 72, bytes: keepaliveAck(7) },
  { name: 'CLOSE_CONNECTION', type: 14, bytes: closeConnection(8) },
];

/** Its types are sources of an older TypeScript: it is loaded as what it is at run time. */
const { LLRPMessage } = createRequire(import.meta.url)('llrpjs') as {
  LLRPMessage: new (
    bytes: Buffer,
  ) => { decode(): void; encode(): { getBuffer(): Buffer }; toLLRPData(): { id: number; type: string; data: Record<string, unknown> } };
};

test.each(ours)('llrpjs reads our $name', ({ name, bytes }) => {
  const message = new LLRPMessage(Buffer.from(bytes));
  message.decode();
  const read = message.toLLRPData();
  expect(read.type).toBe(name);
  if (name !== 'ADD_ROSPEC') return;
  expect(read.data).toMatchObject({
    ROSpec: {
      ROSpecID: 1,
      ROBoundarySpec: { ROSpecStartTrigger: { ROSpecStartTriggerType: 'Immediate' }, ROSpecStopTrigger: { ROSpecStopTriggerType: 'Null' } },
      AISpec: {
        AntennaIDs: [1, 2],
        AISpecStopTrigger: { AISpecStopTriggerType: 'Null' },
        InventoryParameterSpec: { ProtocolID: 'EPCGlobalClass1Gen2' },
      },
      ROReportSpec: { N: 1, TagReportContentSelector: { EnableAntennaID: 1, EnablePeakRSSI: 1, EnableROSpecID: 0 } },
    },
  });
});

const fields = ['llrp.type', 'llrp.length', 'llrp.tlv_type'] as const;

test.skipIf(!hasWireshark)('Wireshark dissects all that we send, and finds nothing malformed', () => {
  const seen = dissected(
    ours.map(({ bytes }) => ({ by: 'client', bytes })),
    { port: 5084, fields },
  );
  expect(seen.map(([type, length, , wrong]) => [type, length, wrong])).toEqual(
    ours.map(({ type, bytes }) => [String(type), String(bytes.length), '']),
  );
  // ROSpec, boundary, triggers, antennas, inventory, C1G2 settings, report
  expect(seen[4]![2]).toBe('177,178,179,182,183,184,186,222,330,336,237,238,348');
});

test.skipIf(!hasWireshark)('Wireshark sees what is wrong: a length that goes over the end', () => {
  const broken = Uint8Array.from(addRoSpec(5, spec));
  broken[13]! += 40;
  expect(dissected([{ by: 'client', bytes: broken }], { port: 5084, fields })[0]!.at(-1)).toContain('Invalid length');
});

test.skipIf(!hasWireshark)('a session of driver and simulated reader is one of LLRP, both ways, tag reports included', async () => {
  const said: Said[] = [];
  const clock = fakeClock();
  const [driverEnd, deviceEnd] = duplexPair();
  deviceEnd.on('data', (bytes: Buffer) => said.push({ by: 'client', bytes }));
  const write = deviceEnd.write.bind(deviceEnd) as (bytes: Uint8Array) => boolean;
  deviceEnd.write = (bytes: Uint8Array): boolean => {
    said.push({ by: 'device', bytes });
    return write(bytes);
  };
  const device = llrpSimulator.attach(deviceEnd, { clock, random: seededRandom(1) });
  device.put('300833B2DDD906C000000000');
  const deps = { clock, random: seededRandom(2), log: silentLog, emit: () => true, fail: () => undefined };
  const opening = llrp.open(driverEnd, llrp.configSchema.parse({ port: 'tcp://127.0.0.1:5084' }), deps);
  await clock.advance(40_000);
  const driver = await opening;
  await driver.close();
  device.close();
  const seen = dissected(said, { port: 5084, fields });
  expect(seen.map((message) => message.at(-1)).filter((wrong) => wrong !== '')).toEqual([]);
  const types = seen.map(([type]) => Number(type));
  // reader event, capabilities, spec added and running, a report, a sign of life and its answer
  expect(types).toEqual(expect.arrayContaining([63, 1, 11, 20, 30, 24, 34, 61, 62, 72]));
  expect(seen.find(([type]) => type === '61')![2]).toMatch(/^240/);
});
