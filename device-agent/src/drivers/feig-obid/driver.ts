/** FEIG OBID readers: pads and desks that are asked, gates whose buffer is emptied, and gates that tell by themselves. */
import { TramError } from '@tramhoc/protocol/errors';
import type { ItemTag } from '@tramhoc/protocol/library';
import { z } from 'zod';
import { withPortNumber } from '../../transports/display-address.ts';
import { ReaderAddress } from '../../transports/reader-address.ts';
import { type DriverDefinition, describe } from '../driver.ts';
import { type TagCommands, tagRefusal } from '../item-access.ts';
import { pollEveryMs } from '../item-fields.ts';
import { type Ask, type ItemProtocol, type Look, openItemReader } from '../item-reader.ts';
import {
  bufferItems,
  commands,
  decode,
  encodeRequest,
  type Frame,
  inventoryItems,
  inventoryRequest,
  isoCommands,
  readBlocks,
  statusMore,
  statusNoData,
  statusNoTag,
  statusOk,
  systemInfo,
  tagRequest,
  writeBlocksRequest,
} from './codec.ts';
import { discovery } from './discovery.ts';
import { statusText } from './status-text.ts';

/** Where FEIG readers listen. */
const feigPort = 10_001;
/** The version is answered at once; two tries and the silence between them fit into the 2 s of opening. */
const greetMs = 800;
/** Readers give a tag command up after their own response time, by default one second. */
const commandMs = 2_000;
/** One answer carries up to 24 tags over a serial line; a full field of 255 keeps the radio busy for about two seconds. */
const inventoryMs = 3_000;
/** Continuations of one inventory: 64 answers of the smallest buffer are more tags than the field of any reader holds. */
const maxContinuations = 64;
/** Records asked for at once from a gate. */
const bufferRecords = 64;
/** A write answer of the reader confirms at most this much; see README.md. */
const maxDataBytes = 128;

const Config = z.strictObject({
  port: ReaderAddress,
  mode: describe(z.enum(['pad', 'gate-buffer', 'gate-notification']).default('pad'), {
    vi: {
      title: 'Cách dùng',
      help: 'Bàn đọc hỏi liên tục. Cổng: đầu đọc tự ghi vào bộ đệm (buffered read mode) hoặc tự báo (notification mode), đặt bằng phần mềm của hãng.',
    },
    en: {
      title: 'Use',
      help: 'A pad is asked all the time. A gate fills its buffer or notifies by itself; set that with the maker’s tool first.',
    },
    options: {
      pad: { vi: 'Bàn đọc, máy trạm', en: 'Pad or desk' },
      'gate-buffer': { vi: 'Cổng, đọc từ bộ đệm', en: 'Gate, buffered read mode' },
      'gate-notification': { vi: 'Cổng, đầu đọc tự báo', en: 'Gate, notification mode' },
    },
  }),
  frames: describe(z.enum(['auto', 'standard', 'advanced']).default('auto'), {
    vi: {
      title: 'Kiểu khung lệnh',
      help: 'Tự động: qua mạng dùng khung mở rộng, qua cổng nối tiếp dùng khung chuẩn. Chỉ đổi khi đầu đọc không trả lời.',
    },
    en: {
      title: 'Frames',
      help: 'Automatic: advanced over the network, standard over a serial line. Change it only when the reader does not answer.',
    },
    options: {
      auto: { vi: 'Tự động', en: 'Automatic' },
      standard: { vi: 'Chuẩn', en: 'Standard' },
      advanced: { vi: 'Mở rộng', en: 'Advanced' },
    },
  }),
  address: describe(z.int().min(0).max(255).default(255), {
    vi: { title: 'Địa chỉ trên bus', help: '255 gọi được mọi đầu đọc. Chỉ đổi khi nhiều đầu đọc chung một đường RS-485.' },
    en: { title: 'Bus address', help: '255 reaches any reader. Change it only when several readers share one RS-485 line.' },
  }),
  blockOrder: describe(z.enum(['reversed', 'as-stored']).default('reversed'), {
    vi: { title: 'Thứ tự byte trong khối', help: 'Theo tài liệu, đầu đọc gửi byte cao trước. Đổi khi mã vạch trên thẻ đọc ra bị đảo.' },
    en: {
      title: 'Bytes of a block',
      help: 'By the manual the most significant byte comes first. Change it when barcodes on tags come out turned round.',
    },
    options: { reversed: { vi: 'Byte cao trước', en: 'Most significant first' }, 'as-stored': { vi: 'Như trên thẻ', en: 'As on the tag' } },
  }),
  parity: describe(z.enum(['even', 'none', 'odd']).default('even'), {
    vi: { title: 'Bit chẵn lẻ', help: 'Chỉ cho cổng nối tiếp: như đã đặt trên đầu đọc.' },
    en: { title: 'Parity', help: 'Serial line only: as set on the reader.' },
    options: { even: { vi: 'Chẵn', en: 'Even' }, none: { vi: 'Không', en: 'None' }, odd: { vi: 'Lẻ', en: 'Odd' } },
  }),
  baudRate: describe(z.enum(['4800', '9600', '19200', '38400', '57600', '115200', '230400']).default('38400'), {
    vi: { title: 'Tốc độ cổng nối tiếp', help: 'Chỉ cho cổng nối tiếp: như đã đặt trên đầu đọc.' },
    en: { title: 'Serial speed', help: 'Serial line only: as set on the reader.' },
    unit: 'baud',
    options: Object.fromEntries(
      ['4800', '9600', '19200', '38400', '57600', '115200', '230400'].map((rate) => [rate, { vi: rate, en: rate }]),
    ),
  }),
  pollEveryMs: pollEveryMs(500),
});
export type FeigConfig = z.infer<typeof Config>;

export const protocol: ItemProtocol<FeigConfig, Frame> = {
  decode,
  // the reader itself gives up after 12 ms between two bytes; an USB adapter holds bytes back for 16 ms
  resyncMs: 60,
  gapMs: 6,
  silent: 'check the reader’s power, its mode, and speed and parity of the line (ships with 38400 8E1).',
  greet: (ask, config) => exchange(ask, config, { command: commands.softwareVersion, data: new Uint8Array(), timeoutMs: greetMs }),
  asks: ({ mode }) => mode !== 'gate-notification',
  look: (ask, config) => (config.mode === 'pad' ? inventory(ask, config) : emptyBuffer(ask, config)),
  overhear(frame, config) {
    if (config.mode !== 'gate-notification' || frame.command !== commands.readBuffer) return undefined;
    if (frame.status !== statusOk && frame.status !== statusMore) return undefined;
    const found = bufferItems(frame.data);
    if (found === undefined) return undefined;
    // a reader that wants no acknowledgement ignores it
    const reply = request(config, { command: commands.clearBuffer, data: new Uint8Array() });
    return { mode: 'passed', ...found, reply };
  },
  tags,
};

export const feigObid: DriverDefinition<FeigConfig> = {
  kind: 'feig-obid',
  title: { vi: 'Đầu đọc thẻ thư viện FEIG OBID', en: 'FEIG OBID library reader' },
  configSchema: Config,
  capabilities: [{ can: 'read-items' }, { can: 'write-items' }],
  discovery,
  link: ({ port, parity, baudRate }) => ({
    port: withPortNumber(port, feigPort),
    serial: { baudRate: Number(baudRate), dataBits: 8, parity, stopBits: 1 },
  }),
  open: (link, config, deps) => openItemReader(protocol, { link, config, deps }),
};

function request({ port, frames, address }: FeigConfig, { command, data }: { command: number; data: Uint8Array }): Uint8Array {
  const shape = frames === 'auto' ? (port.startsWith('tcp') ? 'advanced' : 'standard') : frames;
  return encodeRequest({ address, command, data }, shape);
}

/** The answer with status `ok` or one of `also`. Throws DRIVER_TIMEOUT, DRIVER_REFUSED with what the reader says. */
async function exchange(
  ask: Ask<Frame>,
  config: FeigConfig,
  { command, data, timeoutMs, also = [] }: { command: number; data: Uint8Array; timeoutMs: number; also?: readonly number[] },
): Promise<Frame> {
  const answer = await ask({
    bytes: request(config, { command, data }),
    timeoutMs,
    answer: (frame) => (frame.command === command ? frame : undefined),
  });
  if (answer.status === statusOk || also.includes(answer.status)) return answer;
  const { says, again } = statusText(answer.status, answer.data);
  throw tagRefusal(`${config.port}: ${says}.`, { again });
}

async function inventory(ask: Ask<Frame>, config: FeigConfig): Promise<Look> {
  const seen = new Map<string, ItemTag>();
  for (let continuation = 0; continuation < maxContinuations; continuation += 1) {
    const data = inventoryRequest({ more: continuation > 0 });
    const also = [statusNoTag, statusMore, ...fieldTrouble];
    const answer = await exchange(ask, config, { command: commands.iso, data, timeoutMs: inventoryMs, also });
    if (answer.status !== statusOk && answer.status !== statusMore) break;
    const part = inventoryItems(answer.data);
    if (part === undefined) throw malformed(config);
    for (const item of part.items) seen.set(item.uid, item);
    if (answer.status === statusOk) break;
  }
  return { mode: 'in-field', items: [...seen.values()] };
}

/** CRC and radio errors while tags come and go: what was found counts, the rest is found at the next look. */
const fieldTrouble: readonly number[] = [0x02, 0x83];

async function emptyBuffer(ask: Ask<Frame>, config: FeigConfig): Promise<Look | undefined> {
  const data = Uint8Array.of(bufferRecords >> 8, bufferRecords & 0xff);
  const answer = await exchange(ask, config, {
    command: commands.readBuffer,
    data,
    timeoutMs: commandMs,
    also: [statusNoData, statusMore, bufferOverflow],
  });
  if (answer.status === statusNoData) return undefined;
  const found = answer.status === bufferOverflow ? { items: [] } : bufferItems(answer.data);
  if (found === undefined) throw malformed(config);
  // what cannot be read now can never be read: it must not hold up those behind it
  const clear = { command: commands.clearBuffer, data: new Uint8Array(), timeoutMs: commandMs, also: [statusNoData] };
  return { mode: 'passed', ...found, kept: async () => void (await exchange(ask, config, clear)) };
}
const bufferOverflow = 0x93;

function tags(ask: Ask<Frame>, config: FeigConfig): TagCommands {
  const asStored = config.blockOrder === 'as-stored';
  const iso = (data: Uint8Array): Promise<Frame> => exchange(ask, config, { command: commands.iso, data, timeoutMs: commandMs });
  const blocksAtOnce = (blockBytes: number): number => Math.max(1, Math.floor(maxDataBytes / blockBytes));
  return {
    async systemInfo(uid) {
      const info = systemInfo((await iso(tagRequest(isoCommands.systemInfo, uid))).data);
      if (info === undefined || info.uid !== uid) throw malformed(config);
      return info;
    },
    async read(uid, { first, count }) {
      const blocks = readBlocks((await iso(tagRequest(isoCommands.readBlocks, uid, [first, count]))).data, { count, asStored });
      if (blocks === undefined) throw malformed(config);
      return blocks;
    },
    write: async (uid, what) => void (await iso(writeBlocksRequest(uid, { ...what, asStored }))),
    writeAfi: async (uid, afi) => void (await iso(tagRequest(isoCommands.writeAfi, uid, [afi]))),
    writeDsfid: async (uid, dsfid) => void (await iso(tagRequest(isoCommands.writeDsfid, uid, [dsfid]))),
    readBlocksAtOnce: blocksAtOnce,
    writeBlocksAtOnce: blocksAtOnce,
  };
}

function malformed({ port }: FeigConfig): TramError {
  return new TramError('DRIVER_TIMEOUT', `${port}: the reader's answer makes no sense; look at its firmware version, then report it.`);
}
