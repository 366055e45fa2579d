/** BenQ boards (RP, RM, RE, CP) and smart signage, "RS232 & LAN protocol". */
import { z } from 'zod';
import { DisplayAddress, withPortNumber } from '../../transports/display-address.ts';
import { decode, type Frame } from '../asc-board-protocol/codec.ts';
import { ascDialect, type Question } from '../asc-board-protocol/dialect.ts';
import { type BoardFacts, type Heard, learned, printable } from '../board-facts.ts';
import * as fields from '../display-config.ts';
import { type DisplayProtocol, openDisplay } from '../display-session.ts';
import { forgetChanged } from '../display-wishes.ts';
import { type DriverDefinition, describe } from '../driver.ts';
import { discovery } from './discovery.ts';

const benqPort = 4660;

const Config = z.strictObject({
  port: DisplayAddress,
  baudRate: describe(z.literal([9600, 38_400, 115_200]).default(38_400), {
    vi: {
      title: 'Tốc độ',
      help: 'Tùy đời máy, cố định trong máy: RP cũ 38400 hoặc 9600, RM và RP mới 115200. Không có tác dụng qua mạng.',
    },
    en: {
      title: 'Speed',
      help: 'Fixed in the board, by series: older RP 38400 or 9600, RM and newer RP 115200. Makes no difference by network.',
    },
    unit: 'baud',
  }),
  displayId: fields.setId({ max: 98 }),
  power: fields.power,
  offMode: describe(z.enum(['screen', 'standby']).default('screen'), {
    vi: {
      title: 'Khi tắt thì',
      help: 'Chỉ tắt màn hình: bảng vẫn trả lời qua mạng. Tắt hẳn: cổng mạng cũng ngừng, muốn bật lại cần địa chỉ MAC hoặc cáp nối tiếp.',
    },
    en: {
      title: 'Off means',
      help: 'Screen only: the board still answers by network. Standby: its network stops too, and takes a MAC address or a serial cable to come back.',
    },
    options: { screen: { vi: 'Chỉ tắt màn hình', en: 'Screen only' }, standby: { vi: 'Tắt hẳn', en: 'Standby' } },
  }),
  input: fields.input(/^(?:\d{3})?$/, '001 = HDMI, 002 = HDMI 1, 021 = HDMI 2, 051 = USB-C, 101 = Android, 102 = OPS'),
  volumePct: fields.volumePct,
  muted: fields.muted,
  wakeOnLanMac: fields.wakeOnLanMac,
  pollEveryS: fields.pollEveryS,
});
export type BenqConfig = z.infer<typeof Config>;

/** Model info: a number says what, then text filled up with NUL to 14 bytes. */
function about(selector: number, heard: (text: string | undefined) => Heard): Question {
  const mark = String.fromCharCode(selector);
  return {
    code: ' ',
    ask: `${mark}${'\0'.repeat(14)}`,
    hear: (value, facts) => (value.startsWith(mark) ? learned(facts, heard(printable(value.slice(1)))) : undefined),
  };
}

const often: Record<string, Question> = {
  temperature: {
    code: 'q',
    ask: '0000',
    hear: (value, facts) => learned(facts, { temperatureC: /^[+-]\d{3}$/.test(value) ? Number(value) : undefined }),
  },
  hours: {
    code: 'v',
    ask: '00000',
    hear: (value, facts) => learned(facts, { usageHours: /^\d{5}$/.test(value) ? Number(value) : undefined }),
  },
};
const once: Record<string, Question> = {
  model: about(2, (model) => ({ model })),
  firmware: about(4, (firmware) => ({ firmware })),
  serial: about(6, (serial) => ({ serial })),
};

const protocol: DisplayProtocol<BenqConfig, Frame, BoardFacts> = {
  decode: (input) => decode(input, { bareAcks: true }),
  dialect: ({ displayId, offMode }) =>
    ascDialect({
      displayId,
      offValue: offMode === 'screen' ? '000' : '002',
      powers: { '000': 'off', '001': 'on', '002': 'off' },
      inputOf: (value) => (/^\d{3}$/.test(value) ? value : undefined),
      often,
      once,
    }),
  wishes: (config) => fields.wishesOf(config),
};

export const benqRs232: DriverDefinition<BenqConfig> = {
  kind: 'benq-rs232',
  title: { vi: 'Bảng tương tác BenQ', en: 'BenQ board (RS-232 or network)' },
  configSchema: Config,
  capabilities: [{ can: 'switch-power' }, { can: 'switch-input' }, { can: 'set-volume' }, { can: 'mute' }],
  discovery,
  link: (config, lasting) => ({
    port: withPortNumber(config.port, benqPort),
    serial: { baudRate: config.baudRate, dataBits: 8, parity: 'none', stopBits: 1 },
    ...fields.waking(config, lasting),
  }),
  configured: (config, lasting) => forgetChanged(lasting, fields.wishesOf(config)),
  open: (link, config, deps) => openDisplay(protocol, { link, config, deps }),
};
