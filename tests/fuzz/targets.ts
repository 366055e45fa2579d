/** Everything that is fuzzed: one line each. A test holds that no codec of a driver, a tag or an adapter is missing. */
import { admitPayload } from '@tramhoc/broker/ingest/admit';
import { createPacketReader } from '@tramhoc/broker/mqtt/packet-reader';
import { parseCitizenCard } from '@tramhoc/device-agent/attendance/citizen-card';
import { holderOfCode } from '@tramhoc/device-agent/attendance/code-text';
import * as ascBoard from '@tramhoc/device-agent/drivers/asc-board-protocol/codec';
import * as co2Mini from '@tramhoc/device-agent/drivers/co2-mini/codec';
import * as escpos from '@tramhoc/device-agent/drivers/escpos/codec';
import * as feigObid from '@tramhoc/device-agent/drivers/feig-obid/codec';
import * as wedge from '@tramhoc/device-agent/drivers/hid-keyboard-wedge/codec';
import * as hidPos from '@tramhoc/device-agent/drivers/hid-pos-scanner/codec';
import * as hikvision from '@tramhoc/device-agent/drivers/hikvision-isapi/codec';
import * as host from '@tramhoc/device-agent/drivers/host/codec';
import * as lgCommercial from '@tramhoc/device-agent/drivers/lg-commercial/codec';
import * as llrp from '@tramhoc/device-agent/drivers/llrp/codec';
import * as mhz19 from '@tramhoc/device-agent/drivers/mhz19/codec';
import * as modbusRtu from '@tramhoc/device-agent/drivers/modbus-rtu/codec';
import * as modbusTcp from '@tramhoc/device-agent/drivers/modbus-tcp/codec';
import * as necSerial from '@tramhoc/device-agent/drivers/nec-serial/codec';
import * as pcsc from '@tramhoc/device-agent/drivers/pcsc/codec';
import * as pjlink from '@tramhoc/device-agent/drivers/pjlink/codec';
import { decodeAnswer } from '@tramhoc/device-agent/drivers/pjlink/search-codec';
import * as pms5003 from '@tramhoc/device-agent/drivers/pms5003/codec';
import * as pn532 from '@tramhoc/device-agent/drivers/pn532/codec';
import * as rdm6300 from '@tramhoc/device-agent/drivers/rdm6300/codec';
import * as rl866 from '@tramhoc/device-agent/drivers/rl866/codec';
import * as samsungMdc from '@tramhoc/device-agent/drivers/samsung-mdc/codec';
import { maxScanBytes } from '@tramhoc/device-agent/drivers/scan-text';
import * as scannerSerial from '@tramhoc/device-agent/drivers/scanner-serial/codec';
import * as sds011 from '@tramhoc/device-agent/drivers/sds011/codec';
import * as smartSerial from '@tramhoc/device-agent/drivers/smart-serial/codec';
import * as sps30 from '@tramhoc/device-agent/drivers/sps30/codec';
import * as threem210 from '@tramhoc/device-agent/drivers/threem-210/codec';
import * as uhfReader18 from '@tramhoc/device-agent/drivers/uhfreader18/codec';
import * as zkteco from '@tramhoc/device-agent/drivers/zkteco-4370/codec';
import * as zktecoRecords from '@tramhoc/device-agent/drivers/zkteco-4370/records';
import * as zktecoPush from '@tramhoc/device-agent/drivers/zkteco-push/codec';
import { decodeLibraryTag } from '@tramhoc/device-agent/library/iso28560/codec';
import { decodeThreemTag } from '@tramhoc/device-agent/library/threem-tag/codec';
import { lineCutter } from '@tramhoc/device-agent/local-link/line-cutter';
import { checkEvent } from '@tramhoc/protocol/event';
import { DeviceId, SiteId } from '@tramhoc/protocol/ids';
import { maxLocalLineBytes } from '@tramhoc/protocol/limits';
import { AgentNotice, agentMethods, KioskCall } from '@tramhoc/protocol/local-link';
import { DesiredDocument, twinLimitFault } from '@tramhoc/protocol/twin';
import { answers, documents, type FuzzTarget, messages, states, stream, texts } from './fuzz-target.ts';
import { gatewayTargets } from './gateway-targets.ts';

/** Status that comes by itself. */
const escposFrameBytes = 4;
type Frames = { frames: readonly unknown[] };
const frames = ({ frames: found }: Frames): readonly unknown[] => found;
/** Of a keyboard, at once. */
const keysDown = 6;
const owner = { siteId: SiteId.parse('thpt-mau'), deviceId: DeviceId.parse('0190a8b6-3c1e-4f4b-8d3e-2f6d1c5b7a91') };
const question = { unit: 1, table: 'input', address: 0, count: 4 } as const;

export const targets: readonly FuzzTarget[] = [
  stream('rdm6300', rdm6300.frameBytes, (input: Uint8Array) => rdm6300.decode(input, 'xor'), { framesOf: frames }),
  stream('pn532', pn532.maxFrameBytes, pn532.decode, { framesOf: frames, look: lookAtPn532 }),
  stream('pms5003', pms5003.maxFrameBytes, pms5003.decode, { framesOf: frames, look: (frame) => pms5003.airOf(frame, 'pms5003t') }),
  stream('mhz19', mhz19.frameBytes, mhz19.decode, { framesOf: ({ ppm }) => ppm }),
  stream('sds011', sds011.frameBytes, sds011.decode, { framesOf: frames }),
  stream('sps30', sps30.maxFrameBytes, sps30.decode, { framesOf: ({ answers: found }) => found, look: lookAtSps30 }),
  messages('co2-mini', (report) => co2Mini.decodeReport(report)),
  answers('modbus-rtu', modbusRtu.maxAnswerBytes, (input) => modbusRtu.decode(input, question)),
  answers('modbus-tcp', modbusTcp.maxAnswerBytes, (input) => modbusTcp.decode(input, { transaction: 7, request: question })),
  stream('feig-obid', feigObid.maxFrameBytes, feigObid.decode, { framesOf: frames, look: lookAtFeig }),
  { ...messages('feig-obid answers', lookAtFeigData), codec: 'device-agent/src/drivers/feig-obid/codec.ts' },
  stream('rl866', rl866.maxFrameBytes, rl866.decode, { framesOf: frames, look: lookAtRl866 }),
  stream('threem-210', threem210.maxFrameBytes, threem210.decode, { framesOf: frames, look: lookAtThreem }),
  stream('uhfreader18', uhfReader18.maxFrameBytes, uhfReader18.decode, { framesOf: frames, look: lookAtUhf }),
  stream('llrp', llrp.maxMessageBytes, llrp.decode, { framesOf: frames, look: ({ body }: llrp.Message) => lookAtLlrp(body) }),
  { ...messages('llrp bodies', lookAtLlrp), codec: 'device-agent/src/drivers/llrp/codec.ts' },
  scanner('auto'),
  { ...scanner('none'), name: 'scanner-serial without end marks' },
  hidPosTarget(),
  wedgeTarget(),
  stream('pjlink', pjlink.maxLineBytes, pjlink.decode, { framesOf: ({ lines }) => lines }),
  messages('pjlink search', decodeAnswer, 'device-agent/src/drivers/pjlink/search-codec.ts'),
  stream('samsung-mdc', samsungMdc.maxFrameBytes, samsungMdc.decode, { framesOf: frames }),
  stream('lg-commercial', lgCommercial.maxFrameBytes, lgCommercial.decode, { framesOf: frames }),
  stream('asc-board-protocol', ascBoard.maxFrameBytes, (input: Uint8Array) => ascBoard.decode(input, { bareAcks: true }), {
    framesOf: frames,
  }),
  stream('nec-serial', necSerial.maxFrameBytes, necSerial.decode, { framesOf: frames }),
  stream('smart-serial', smartSerial.maxFrameBytes, smartSerial.decode, { framesOf: frames }),
  stream('escpos', escposFrameBytes, escpos.decode, { framesOf: frames }),
  stream('zkteco-4370', 8 + zkteco.maxPacketBytes, zkteco.decodeStream, { framesOf: frames, look: lookAtZkteco }),
  messages('zkteco-4370 datagrams', zkteco.decodePacket, 'device-agent/src/drivers/zkteco-4370/codec.ts'),
  messages('zkteco-4370 records', lookAtRecords, 'device-agent/src/drivers/zkteco-4370/records.ts'),
  messages('zkteco-push', lookAtPush),
  messages('hikvision-isapi', lookAtPosted),
  messages('host', (message) => host.decode(message) ?? host.decodeQuestion(message)),
  messages('pcsc', (bytes) => pcsc.uidIn(bytes, pcsc.technologyOf(bytes) === 'iso15693' ? 'iso15693' : 'iso14443')),
  messages('iso28560', lookAtTag, 'device-agent/src/library/iso28560/codec.ts'),
  messages('threem-tag', decodeThreemTag, 'device-agent/src/library/threem-tag/codec.ts'),
  texts('citizen card', 'device-agent/src/attendance/citizen-card.ts', (text) => holderOfCode(text) ?? parseCitizenCard(text)),
  documents('event', 'protocol/src/event.ts', (json) => checkEvent(json).ok || undefined),
  messages('event batch', (payload) => admitPayload(payload, owner).events[0], 'broker/src/ingest/admit.ts'),
  documents('desired document', 'protocol/src/twin.ts', (json) => twinLimitFault(json) ?? DesiredDocument.safeParse(json).data),
  localLink(),
  documents('agent notice', 'protocol/src/local-link.ts', (json) => AgentNotice.safeParse(json).data),
  ...gatewayTargets,
  mqttPackets(),
];

function lookAtPn532(frame: pn532.Frame): unknown {
  const target = frame.kind === 'answer' ? pn532.targetIn(frame.data) : undefined;
  return target === undefined ? undefined : pn532.isRandom(target);
}

function lookAtSps30({ data }: sps30.ShdlcAnswer): unknown {
  return sps30.airOf(data) ?? sps30.healthOf(data);
}

function lookAtFeig({ data }: feigObid.Frame): unknown {
  return lookAtFeigData(data);
}

function lookAtFeigData(data: Uint8Array): unknown {
  const all = [feigObid.inventoryItems(data), feigObid.bufferItems(data), feigObid.systemInfo(data)];
  for (const asStored of [true, false]) all.push(feigObid.readBlocks(data, { count: data[0] ?? 0, asStored }) as never);
  return all.find((one) => one !== undefined);
}

function lookAtRl866(frame: rl866.Frame): unknown {
  const parameters = rl866.answerTo(frame, frame.information[0] ?? 0)?.parameters ?? frame.information;
  const access = rl866.accessResult(parameters, rl866.accessCodes.systemInfo);
  if (access?.done) rl866.blocksRead(access.data, { count: 4, blockBytes: 4 });
  return [rl866.inventoryItems(parameters), rl866.systemInfo(parameters)];
}

function lookAtThreem(frame: threem210.Frame): unknown {
  const command = frame.content[0] ?? 0;
  const tail = threem210.tagAnswer(frame, { command, uid: 'E00401003F3827A7' });
  if (tail !== undefined && 'tail' in tail) threem210.blocksRead(tail.tail, { first: 0, count: 3 });
  return [threem210.versionOf(frame), threem210.inventoryItems(frame)];
}

function lookAtUhf(frame: uhfReader18.Frame): unknown {
  return [uhfReader18.inventoryPart(frame, '18'), uhfReader18.inventoryPart(frame, '288'), uhfReader18.readerInfo(frame)];
}

function lookAtLlrp(body: Uint8Array): unknown {
  return [llrp.statusOf(body), llrp.readerEvent(body), llrp.reportedTags(body), llrp.generalCapabilities(body)].find(
    (one) => one !== undefined,
  );
}

function scanner(terminator: scannerSerial.Terminator): FuzzTarget {
  return states(
    { name: 'scanner-serial', maxKeptBytes: maxScanBytes },
    {
      first: scannerSerial.newFramer,
      step(framer, piece) {
        const fed = scannerSerial.feed(framer, piece, terminator);
        // a pause at some places that depend on nothing but the bytes
        if ((piece[0] ?? 0) % 16 !== 0) return { state: fed.framer, found: fed.scans.length };
        const ended = scannerSerial.endPause(fed.framer, terminator);
        return { state: ended.framer, found: fed.scans.length + ended.scans.length };
      },
      keptBytes: ({ held }) => held.length,
    },
  );
}

function hidPosTarget(): FuzzTarget {
  return states(
    { name: 'hid-pos-scanner', maxKeptBytes: maxScanBytes, pieceBytes: hidPos.reportBytes },
    {
      first: hidPos.nothingHeld,
      step(assembly, report) {
        const fed = hidPos.feedReport(assembly, report);
        if ((report[2] ?? 0) % 16 !== 0) return { state: fed.assembly, found: fed.scans.length };
        const ended = hidPos.endPause(fed.assembly);
        return { state: ended.assembly, found: fed.scans.length + ended.scans.length };
      },
      keptBytes: ({ held }) => held.length,
    },
  );
}

function wedgeTarget(): FuzzTarget {
  return states(
    { name: 'hid-keyboard-wedge', maxKeptBytes: wedge.maxLineLength + keysDown, pieceBytes: wedge.reportBytes },
    {
      first: wedge.nothingTyped,
      step(typing, report) {
        const fed = wedge.feedReport(typing, report);
        return { state: fed.typing, found: fed.lines.length };
      },
      keptBytes: ({ text, down }) => text.length + down.length,
    },
  );
}

function lookAtZkteco({ data }: zkteco.Packet): unknown {
  return lookAtRecords(data);
}

function lookAtRecords(data: Uint8Array): unknown {
  for (const size of [40, 16, 8] as const) {
    const record = data.length < size ? undefined : zktecoRecords.readRecord(data.subarray(0, size), size);
    if (record !== undefined) zktecoRecords.punchOf('A1', record);
  }
  const counts = zktecoRecords.readCounts(data);
  zktecoRecords.readUsers(data, Math.floor(data.length / 72));
  zktecoRecords.readUsers(data, Math.floor(data.length / 28));
  if (counts !== undefined) zktecoRecords.recordBytesOf({ logBytes: data.length, ...counts });
  return zktecoRecords.readEvent('A1', data) ?? zktecoRecords.readOption(data, '~SerialNumber');
}

function lookAtPush(body: Uint8Array): unknown {
  const query = { SN: '0316144680030', table: 'ATTLOG', Stamp: String.fromCharCode(...body.subarray(0, 8)) };
  const requests = [
    { method: 'POST', path: '/iclock/cdata', query, body },
    { method: 'POST', path: '/iclock/cdata.aspx', query: { ...query, table: 'OPERLOG' }, body },
    { method: 'POST', path: '/iclock/devicecmd', query, body },
    { method: 'GET', path: new TextDecoder().decode(body), query: { SN: new TextDecoder().decode(body) }, body },
  ];
  return requests.map(zktecoPush.readRequest).find((read) => read.ask !== 'nothing known');
}

function lookAtPosted(body: Uint8Array): unknown {
  const types = [
    'application/json',
    'multipart/form-data; boundary=MIME_boundary',
    `multipart/form-data; boundary=${new TextDecoder().decode(body.subarray(0, 6))}`,
  ];
  return types.map((type) => hikvision.readPosted(type, body)).find(({ kind }) => kind === 'events');
}

function lookAtTag(memory: Uint8Array): unknown {
  const dsfids = [undefined, 0, 0x06, 0x3e];
  return dsfids.map((dsfid) => decodeLibraryTag({ memory, dsfid, blockBytes: 4 })).find((tag) => tag !== undefined);
}

/** As the agent reads its kiosk: a line that is too long ends the connection, and so do some lines that are no calls. */
function localLink(): FuzzTarget {
  return {
    ...{ name: 'local link', codec: 'device-agent/src/local-link/line-cutter.ts', maxKeptBytes: maxLocalLineBytes },
    start() {
      const cutter = lineCutter(maxLocalLineBytes);
      let [found, badLines, over] = [0, 0, false];
      return {
        eat(piece) {
          const lines = over ? [] : cutter.push(piece);
          over ||= lines === undefined;
          for (const line of lines ?? []) {
            found += 1;
            if (line.trim() !== '' && badLines < 10 && !readCall(line)) badLines += 1;
          }
          return { keptBytes: over ? 0 : cutter.keptBytes, found };
        },
      };
    },
  };
}

function readCall(line: string): boolean {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    return false;
  }
  const call = KioskCall.safeParse(json);
  return call.success && agentMethods[call.data.method].params.safeParse(call.data.params).success;
}

/** As a connection of the broker reads it: a fault, or a goodbye, is the end of it. */
function mqttPackets(): FuzzTarget {
  return {
    ...{ name: 'mqtt packets', codec: 'broker/src/mqtt/packet-reader.ts', maxKeptBytes: 66_048 },
    start() {
      const reader = createPacketReader();
      let found = 0;
      return {
        eat(piece) {
          const over = (): boolean => reader.ended || reader.fault !== undefined;
          if (!over()) reader.push(Buffer.from(piece));
          while (!over() && reader.next() !== undefined) found += 1;
          return { keptBytes: over() ? 0 : reader.heldBytes, found };
        },
      };
    },
  };
}
