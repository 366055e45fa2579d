/** RL866 HF pads: asked all the time what lies on them; a tag is connected, read or written, and let go. */
import { TramError } from '@tramhoc/protocol/errors';
import { z } from 'zod';
import { PortAddress } from '../../transports/port-address.ts';
import { type DriverDefinition, describe } from '../driver.ts';
import { type TagCommands, tagRefusal } from '../item-access.ts';
import { pollEveryMs } from '../item-fields.ts';
import { type Ask, type ItemProtocol, openItemReader } from '../item-reader.ts';
import {
  accessCodes,
  accessRequest,
  accessResult,
  answerTo,
  anyAddress,
  blocksRead,
  commandControl,
  connectRequest,
  decode,
  disconnectRequest,
  encode,
  type FoundTag,
  type Frame,
  inventoryItems,
  inventoryRequest,
  resyncAnswer,
  resyncRequest,
  systemInfo,
  word,
} from './codec.ts';
import { discovery } from './discovery.ts';
import { errorText } from './error-text.ts';

/** Two tries and the silence between them fit into the 2 s of opening. */
const resyncMs = 800;
const commandMs = 1_500;
/** A pile of 30 keeps the radio busy for about a second. */
const inventoryMs = 3_000;
/** 18 tags fill one answer; 32 answers are more than a pad holds. */
const maxContinuations = 32;
/** Bytes of blocks in one frame, whose length is one byte. */
const maxDataBytes = 128;

const Config = z.strictObject({
  port: PortAddress,
  address: describe(z.int().min(0).max(255).default(anyAddress), {
    vi: { title: 'Địa chỉ trên bus', help: '255 gọi được mọi đầu đọc. Chỉ đổi khi nhiều đầu đọc chung một đường RS-485.' },
    en: { title: 'Bus address', help: '255 reaches any pad. Change it only when several of them share one RS-485 line.' },
  }),
  pollEveryMs: pollEveryMs(500),
});
export type Rl866Config = z.infer<typeof Config>;

export const rl866: DriverDefinition<Rl866Config> = {
  kind: 'rl866',
  title: { vi: 'Bàn đọc thẻ thư viện RL866', en: 'RL866 library pad' },
  configSchema: Config,
  capabilities: [{ can: 'read-items' }, { can: 'write-items' }],
  discovery,
  link: ({ port }) => ({ port, serial: { baudRate: 38_400, dataBits: 8, parity: 'even', stopBits: 1 } }),
  open: (link, config, deps) => openItemReader(pad(), { link, config, deps }),
};

/** One session: the pad counts commands, and tags keep the antenna and type under which they were found. */
function pad(): ItemProtocol<Rl866Config, Frame> {
  let sequence: 0 | 1 = 0;
  let inStep = false;
  let found = new Map<string, FoundTag>();

  const resync = async (ask: Ask<Frame>, { address }: Rl866Config): Promise<void> => {
    const bytes = encode({ address, control: resyncRequest, information: new Uint8Array() });
    await ask({ bytes, timeoutMs: resyncMs, answer: (frame) => (frame.control === resyncAnswer ? frame : undefined) });
    sequence = 0;
    inStep = true;
  };
  /** Parameters of the answer. Throws DRIVER_TIMEOUT, DRIVER_REFUSED with what the pad says. */
  const command = async (ask: Ask<Frame>, config: Rl866Config, information: Uint8Array, timeoutMs = commandMs): Promise<Uint8Array> => {
    if (!inStep) await resync(ask, config);
    const bytes = encode({ address: config.address, control: commandControl(sequence), information });
    sequence = sequence === 0 ? 1 : 0;
    inStep = false;
    const { status, parameters } = await ask({ bytes, timeoutMs, answer: (frame) => answerTo(frame, information[0]!) });
    inStep = true;
    if (status !== 0) throw refusal(config, status);
    return parameters;
  };
  const inventory = async (ask: Ask<Frame>, config: Rl866Config): Promise<FoundTag[]> => {
    const now = new Map<string, FoundTag>();
    for (let continuation = 0; continuation < maxContinuations; continuation += 1) {
      let parameters: Uint8Array;
      try {
        parameters = await command(ask, config, inventoryRequest({ goOn: continuation > 0 }), inventoryMs);
      } catch (cause) {
        // an empty pad is no fault, nor is a collision while the pile is moved
        if (cause instanceof TramError && cause.details?.['again'] === true) break;
        throw cause;
      }
      const part = inventoryItems(parameters);
      if (part === undefined) throw malformed(config);
      for (const tag of part.tags) now.set(tag.uid, tag);
      if (part.tags.length === 0 || (!part.stopped && now.size >= part.totalCount)) break;
    }
    found = now;
    return [...now.values()];
  };
  const access = async (
    ask: Ask<Frame>,
    config: Rl866Config,
    { uid, code, tail = [] }: { uid: string; code: number; tail?: number[] },
  ): Promise<Uint8Array> => {
    if (!found.has(uid)) await inventory(ask, config);
    const tag = found.get(uid);
    if (tag === undefined) throw tagRefusal(`${config.port}: tag ${uid} is not in the field; lay it flat on the pad.`, { again: true });
    const connected = await command(ask, config, connectRequest({ uid, antenna: tag.antenna ?? 0, tagType: tag.tagType }));
    const handle = connected[0] ?? 1;
    try {
      const result = accessResult(await command(ask, config, accessRequest(handle, code, tail)), code);
      if (result === undefined) throw malformed(config);
      if (!result.done) throw refusal(config, result.error);
      return result.data;
    } finally {
      // a tag that left is let go by the pad itself
      await command(ask, config, disconnectRequest(handle)).catch(() => undefined);
    }
  };
  const tags = (ask: Ask<Frame>, config: Rl866Config): TagCommands => ({
    async systemInfo(uid) {
      const info = systemInfo(await access(ask, config, { uid, code: accessCodes.systemInfo }));
      if (info === undefined || info.uid !== uid) throw malformed(config);
      blockSizes.set(uid, info.blockBytes);
      return info;
    },
    async read(uid, { first, count }) {
      const tail = [0, ...word(first), ...word(count)];
      const data = await access(ask, config, { uid, code: accessCodes.readBlocks, tail });
      const blocks = blocksRead(data, { count, blockBytes: blockSizes.get(uid) ?? 4 });
      if (blocks === undefined) throw malformed(config);
      return blocks;
    },
    async write(uid, { first, data, blockBytes }) {
      const tail = [...word(first), ...word(data.length / blockBytes), ...data];
      await access(ask, config, { uid, code: accessCodes.writeBlocks, tail });
    },
    async writeAfi(uid, afi) {
      await access(ask, config, { uid, code: accessCodes.writeAfi, tail: [afi] });
    },
    readBlocksAtOnce: (blockBytes) => Math.floor(maxDataBytes / blockBytes),
    writeBlocksAtOnce: (blockBytes) => Math.floor(maxDataBytes / blockBytes),
  });
  // filled and emptied within one call of item-access: systemInfo comes before every read
  const blockSizes = new Map<string, number>();
  return {
    decode,
    resyncMs: 60,
    gapMs: 2,
    silent: 'check the pad’s USB cable and supply.',
    greet: resync,
    async look(ask, config) {
      const items = (await inventory(ask, config)).map(({ tagType: _, ...item }) => item);
      return { mode: 'in-field', items };
    },
    tags(ask, config) {
      blockSizes.clear();
      return tags(ask, config);
    },
  };
}

function refusal({ port }: Rl866Config, code: number): TramError {
  const { says, again } = errorText(code);
  return tagRefusal(`${port}: ${says}.`, { again });
}

function malformed({ port }: Rl866Config): TramError {
  return new TramError('DRIVER_TIMEOUT', `${port}: the pad's answer makes no sense; look at its firmware version, then report it.`);
}
