/** Our messages before the eyes of others: the decoder of npm llrpjs, and the dissector of Wireshark where it is installed. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
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

const missing = ['tshark', 'text2pcap'].filter((tool) => {
  try {
    execFileSync(tool, ['--version'], { stdio: 'ignore' });
    return false;
  } catch {
    return true;
  }
});

test.skipIf(missing.length > 0)('Wireshark dissects all that we send, and finds nothing malformed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tram-llrp-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const dump = ours.map(({ bytes }) => `0000 ${Buffer.from(bytes).toString('hex').replace(/../g, '$& ')}\n`).join('\n');
  writeFileSync(join(folder, 'sent.txt'), dump);
  execFileSync('text2pcap', ['-q', '-T', '40000,5084', join(folder, 'sent.txt'), join(folder, 'sent.pcap')], { stdio: 'ignore' });
  const fields = ['llrp.type', 'llrp.length', '_ws.malformed', '_ws.expert.message'].flatMap((field) => ['-e', field]);
  const lines = execFileSync(
    'tshark',
    ['-r', join(folder, 'sent.pcap'), '-o', 'tcp.analyze_sequence_numbers:FALSE', '-T', 'fields', ...fields],
    {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  );
  expect(
    lines
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.split('\t')),
  ).toEqual(ours.map(({ type, bytes }) => [String(type), String(bytes.length), '', '']));
});
