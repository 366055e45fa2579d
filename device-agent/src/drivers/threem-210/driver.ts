/** 3M / Bibliotheca 210 and 810 library pads: asked all the time what lies on them; tags are read and written by UID. */
import { isTramError, TramError } from '@tramhoc/protocol/errors';
import { z } from 'zod';
import { PortAddress } from '../../transports/port-address.ts';
import { type DriverDefinition, describe } from '../driver.ts';
import { type TagCommands, tagRefusal } from '../item-access.ts';
import { pollEveryMs } from '../item-fields.ts';
import { type Ask, type ItemProtocol, openItemReader } from '../item-reader.ts';
import {
  blockBytes,
  blocksRead,
  commands,
  decode,
  type Frame,
  inventoryItems,
  inventoryRequest,
  setupRequests,
  tagAnswer,
  tagRequest,
  versionOf,
  versionRequest,
} from './codec.ts';
import { discovery } from './discovery.ts';

/** Two tries and the silence between them fit into the 2 s of opening. */
const versionMs = 800;
const setupMs = 500;
const commandMs = 1_500;
/** A pile of 30 tags takes about a second of radio and 130 ms on the line. */
const inventoryMs = 3_000;
/** Tags hold a multiple of four blocks, so that no read goes over the end of the memory. */
const blocksPerRead = 4;
const blocksPerWrite = 8;
/** Error 06: the tag was not caught. An open driver for these pads tries an AFI up to a hundred times; the time limit of a call comes first here. */
const tagMissed = 0x06;
const afiTries = 20;

const Config = z.strictObject({
  port: PortAddress,
  model: describe(z.enum(['810', '210']).default('810'), {
    vi: { title: 'Đời máy', help: 'Ghi dưới đáy bàn đọc. Hai đời máy đọc khối nhớ theo hai cách khác nhau.' },
    en: { title: 'Model', help: 'Printed under the pad. The two models read memory blocks in different ways.' },
    options: { '810': { vi: '810', en: '810' }, '210': { vi: '210 (Bibliotheca)', en: '210 (Bibliotheca)' } },
  }),
  pollEveryMs: pollEveryMs(500),
});
export type ThreemConfig = z.infer<typeof Config>;

export const threem210: DriverDefinition<ThreemConfig> = {
  kind: 'threem-210',
  title: { vi: 'Bàn đọc thẻ thư viện 3M/Bibliotheca', en: '3M/Bibliotheca library pad' },
  configSchema: Config,
  capabilities: [{ can: 'read-items' }, { can: 'write-items' }],
  discovery,
  link: ({ port }) => ({ port, serial: { baudRate: 19_200, dataBits: 8, parity: 'none', stopBits: 1 } }),
  open: (link, config, deps) => openItemReader(protocol, { link, config, deps }),
};

const protocol: ItemProtocol<ThreemConfig, Frame> = {
  decode,
  resyncMs: 100,
  gapMs: 2,
  silent: 'check the pad’s USB cable and supply; it may need a quarter of a minute after power-up.',
  async greet(ask, { model }) {
    await ask({ bytes: versionRequest, timeoutMs: versionMs, answer: versionOf });
    // not every firmware answers it, and the pad reads tags without
    const setup = ask({
      bytes: setupRequests[model],
      timeoutMs: setupMs,
      answer: ({ content }) => (content[0] === commands.setup ? true : undefined),
    });
    await setup.catch((cause: unknown) => {
      if (!isTramError(cause, 'DRIVER_TIMEOUT')) throw cause;
    });
  },
  async look(ask, config) {
    const seen = await ask({ bytes: inventoryRequest, timeoutMs: inventoryMs, answer: inventoryItems });
    // a failed look says nothing about what lies there
    if (seen.error !== 0)
      throw tagRefusal(`${config.port}: looking failed with error ${hexByte(seen.error)}; unplug the pad’s USB cable for ten seconds.`, {
        again: true,
      });
    return { mode: 'in-field', items: seen.items };
  },
  tags,
};

function tags(ask: Ask<Frame>, { port, model }: ThreemConfig): TagCommands {
  const command = async (uid: string, code: number, tail: readonly number[] = []): Promise<Uint8Array> => {
    const said = await ask({
      bytes: tagRequest(code, uid, tail),
      timeoutMs: commandMs,
      answer: (frame) => tagAnswer(frame, { command: code, uid }),
    });
    if ('tail' in said) return said.tail;
    const what = said.error === tagMissed ? 'the tag is not in the field or refused' : `the reader reports error ${hexByte(said.error)}`;
    throw tagRefusal(`${port}: ${what}; lay the tag flat on the pad.`, { again: true });
  };
  return {
    async systemInfo(uid) {
      const [afi] = await command(uid, commands.readAfi);
      return { uid, blockBytes, ...(afi === undefined ? {} : { afi }) };
    },
    async read(uid, { first, count }) {
      const tail = await command(uid, commands.readBlocks, model === '210' ? [first, count, 0x0c] : [first, count]);
      const data = blocksRead(tail, { first, count });
      if (data === undefined)
        throw new TramError('DRIVER_REFUSED', `${port}: the pad sends blocks as another model does; choose the other model in its config.`);
      return data;
    },
    write: async (uid, { first, data }) =>
      void (await command(uid, commands.writeBlocks, [first, data.length / blockBytes, 0x00, ...data])),
    async writeAfi(uid, afi) {
      for (let attempt = 1; ; attempt += 1)
        try {
          await command(uid, commands.writeAfi, [afi]);
          return;
        } catch (cause) {
          if (attempt >= afiTries || !isTramError(cause, 'DRIVER_REFUSED')) throw cause;
        }
    },
    readBlocksAtOnce: () => blocksPerRead,
    writeBlocksAtOnce: () => blocksPerWrite,
  };
}

const hexByte = (value: number): string => value.toString(16).toUpperCase().padStart(2, '0');
