/** UHF readers of the Chafon kind (UHFReader18, 288, 86): asked all the time which tags answer. */
import { TramError } from '@tramhoc/protocol/errors';
import type { ItemTag } from '@tramhoc/protocol/library';
import { z } from 'zod';
import { PortAddress } from '../../transports/port-address.ts';
import { type DriverDefinition, describe } from '../driver.ts';
import { tagRefusal } from '../item-access.ts';
import { itemsMode, pollEveryMs } from '../item-fields.ts';
import { type Ask, type ItemProtocol, openItemReader } from '../item-reader.ts';
import {
  anyAddress,
  commands,
  decode,
  encodeRequest,
  type Family,
  type Frame,
  inventoryPart,
  inventoryRequest,
  readerInfo,
  statusAntennaFault,
  statusesOfConfig,
  statusesOfTags,
} from './codec.ts';
import { discovery } from './discovery.ts';

/** Two tries and the silence between them fit into the 2 s of opening. */
const greetMs = 800;
/** The reader's own time for one inventory, tenths of a second: 15 rounds of 30 tags at the speed of a desk reader. */
const scanTime = 5;
/** The older readers use the time that is stored in them, 1 s as shipped; all frames of a full field take half a second on the line. */
const inventoryMs = 3_000;
/** 2^6 tags: piles and trolleys; readers adapt from there. */
const firstQ = 6;

const Config = z.strictObject({
  port: PortAddress,
  use: itemsMode,
  family: describe(z.enum(['auto', '18', '288']).default('auto'), {
    vi: { title: 'Dòng đầu đọc', help: 'Đầu đọc tự cho biết. Chỉ chọn khi thẻ đọc được nhưng không có mã.' },
    en: { title: 'Family', help: 'The reader tells by itself. Choose only when tags are there but none is read.' },
    options: {
      auto: { vi: 'Tự động', en: 'Automatic' },
      '18': { vi: 'UHFReader18', en: 'UHFReader18' },
      '288': { vi: 'UHFReader288, 86', en: 'UHFReader288, 86' },
    },
  }),
  antennas: describe(z.int().min(1).max(8).default(1), {
    vi: { title: 'Số ăng-ten', help: 'Dòng 288: các ăng-ten được đọc lần lượt từ số 1. Không ghi nhiều hơn số ngõ ăng-ten của đầu đọc.' },
    en: { title: 'Antennas', help: '288 family: antennas are read in turn, from number 1. Not more than the reader has sockets.' },
  }),
  address: describe(z.int().min(0).max(255).default(anyAddress), {
    vi: { title: 'Địa chỉ trên bus', help: '255 gọi được mọi đầu đọc. Chỉ đổi khi nhiều đầu đọc chung một đường RS-485.' },
    en: { title: 'Bus address', help: '255 reaches any reader. Change it only when several of them share one RS-485 line.' },
  }),
  baudRate: describe(z.enum(['9600', '19200', '38400', '57600', '115200']).default('57600'), {
    vi: { title: 'Tốc độ cổng nối tiếp', help: 'Chỉ cho cổng nối tiếp: như đã đặt trên đầu đọc.' },
    en: { title: 'Serial speed', help: 'Serial line only: as set on the reader.' },
    unit: 'baud',
    options: Object.fromEntries(['9600', '19200', '38400', '57600', '115200'].map((rate) => [rate, { vi: rate, en: rate }])),
  }),
  pollEveryMs: pollEveryMs(500),
});
export type UhfReader18Config = z.infer<typeof Config>;

export const uhfReader18: DriverDefinition<UhfReader18Config> = {
  kind: 'uhfreader18',
  title: { vi: 'Đầu đọc UHF (UHFReader18, 288)', en: 'UHF reader (UHFReader18, 288)' },
  configSchema: Config,
  capabilities: [{ can: 'read-items' }, { can: 'report-faults' }],
  discovery,
  link: ({ port, baudRate }) => ({ port, serial: { baudRate: Number(baudRate), dataBits: 8, parity: 'none', stopBits: 1 } }),
  open: (link, config, deps) => openItemReader(reader(), { link, config, deps }),
};

/** One session: the reader says once of which family it is. */
function reader(): ItemProtocol<UhfReader18Config, Frame> {
  let told: Family = '18';
  /** Antennas that the last look could not use. */
  let broken: number[] = [];
  const inventory = (ask: Ask<Frame>, config: UhfReader18Config, antenna: number): Promise<{ items: ItemTag[]; fault?: number }> => {
    const family = config.family === 'auto' ? told : config.family;
    const data = family === '18' ? new Uint8Array() : inventoryRequest({ q: firstQ, session: 0, antenna, scanTime });
    const items: ItemTag[] = [];
    // one question, several frames: the last of them says so
    return ask({
      bytes: encodeRequest({ address: config.address, command: commands.inventory, data }),
      timeoutMs: inventoryMs,
      answer(frame) {
        const part = inventoryPart(frame, family);
        if (part === undefined) return undefined;
        if ('fault' in part) return { items, fault: part.fault };
        items.push(...part.items);
        return part.last ? { items } : undefined;
      },
    });
  };
  return {
    decode,
    // bytes of one frame are less than 15 ms apart; an USB adapter holds them back for 16 ms
    resyncMs: 60,
    gapMs: 2,
    silent: 'check the reader’s supply, and the speed of the line (ships with 57600 8N1).',
    async greet(ask, config) {
      const bytes = encodeRequest({ address: config.address, command: commands.readerInfo, data: new Uint8Array() });
      const info = await ask({ bytes, timeoutMs: greetMs, answer: (frame) => (frame.command === commands.readerInfo ? frame : undefined) });
      const known = readerInfo(info);
      if (known === undefined)
        throw new TramError('DRIVER_REFUSED', `${config.port}: the reader does not say what it is; report its model and firmware version.`);
      told = known.family;
    },
    faults: () => (broken.length === 0 ? [] : [{ code: 'FAULT_ANTENNA', level: 'error', detail: broken.join(', ') }]),
    async look(ask, config) {
      broken = [];
      const seen = new Map<string, ItemTag>();
      let refused: TramError | undefined;
      for (let antenna = 1; antenna <= config.antennas; antenna += 1) {
        const { items, fault } = await inventory(ask, config, antenna);
        for (const item of items) if (!seen.has(item.uid)) seen.set(item.uid, item);
        if (fault === undefined) continue;
        broken.push(antenna);
        if (fault === statusAntennaFault) continue;
        refused = refusal(config, { antenna, status: fault });
        if (refused.details?.['again'] !== true) throw refused;
      }
      // a look at which no antenna worked says nothing about what lies there
      if (refused !== undefined && broken.length === config.antennas) throw refused;
      if (config.use === 'passed' && seen.size === 0) return undefined;
      return { mode: config.use, items: [...seen.values()] };
    },
  };
}

/** Of a status with which an inventory ended instead of telling tags. */
function refusal({ port }: UhfReader18Config, { antenna, status }: { antenna: number; status: number }): TramError {
  const says = `antenna ${antenna}: status ${status.toString(16).toUpperCase().padStart(2, '0')}`;
  if (statusesOfConfig.includes(status))
    return tagRefusal(`${port}: the reader refused to look (${says}); check the number of antennas and the family in its config.`, {
      again: false,
    });
  const what = statusesOfTags.includes(status)
    ? `the reader's answer makes no sense (${says}); check the family in its config`
    : `the reader cannot look (${says}); check its antenna cables, then switch its power off and on`;
  return tagRefusal(`${port}: ${what}.`, { again: true });
}
