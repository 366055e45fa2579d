/** ViewSonic ViewBoards (IFP) and commercial displays (CDE, CDP), RS-232 or network. */
import { z } from 'zod';
import { DisplayAddress, withPortNumber } from '../../transports/display-address.ts';
import { decode, type Frame } from '../asc-board-protocol/codec.ts';
import { ascDialect, type Question } from '../asc-board-protocol/dialect.ts';
import { type BoardFacts, type Heard, learned, printable } from '../board-facts.ts';
import * as fields from '../display-config.ts';
import { type DisplayProtocol, openDisplay } from '../display-session.ts';
import { forgetChanged } from '../display-wishes.ts';
import type { DriverDefinition } from '../driver.ts';
import { discovery } from './discovery.ts';

const viewsonicPort = 5000;

const Config = z.strictObject({
  port: DisplayAddress,
  displayId: fields.setId({ max: 98 }),
  power: fields.power,
  input: fields.input(/^(?:\d\d[0-9A-Z])?$/, '004 = HDMI 1, 014 = HDMI 2, 007 = OPS, 009 = DisplayPort, 019 = USB-C, 00A = Android'),
  volumePct: fields.volumePct,
  muted: fields.muted,
  wakeOnLanMac: fields.wakeOnLanMac,
  pollEveryS: fields.pollEveryS,
});
export type ViewsonicConfig = z.infer<typeof Config>;

/** The answer comes in `count` frames, each with its number and two characters. */
function inPieces(count: number, heard: (whole: string) => Heard): Question['hear'] {
  return (value, facts) => {
    const number = value.charCodeAt(0) - '0'.charCodeAt(0);
    const before = number === 1 ? [] : facts.pieces;
    // older series answer the same question with a log of switching times
    if (value.length !== 3 || number !== before.length + 1) return { is: 'unknown', facts };
    const pieces = [...before, value.slice(1)];
    if (number < count) return { is: 'part', facts: { ...facts, pieces } };
    return learned(facts, heard(pieces.join('')));
  };
}

const often: Record<string, Question> = {
  temperature: {
    code: '0',
    ask: '000',
    hear: (value, facts) => learned(facts, { temperatureC: /^(?:0\d\d|100|-\d\d)$/.test(value) ? Number(value) : undefined }),
  },
  hours: { code: '1', ask: '000', hear: inPieces(4, (whole) => ({ usageHours: /^\d{8}$/.test(whole) ? Number(whole) : undefined })) },
};
const once: Record<string, Question> = {
  model: { code: '4', ask: '000', hear: inPieces(6, (whole) => ({ model: printable(whole) })) },
};

const protocol: DisplayProtocol<ViewsonicConfig, Frame, BoardFacts> = {
  decode: (input) => decode(input, { bareAcks: false }),
  dialect: ({ displayId }) =>
    ascDialect({
      displayId,
      offValue: '000',
      powers: { '000': 'off', '001': 'on' },
      // the first character says whether there is a signal, the others are those of the code that sets it
      inputOf: (value) => (/^[01]\d[0-9A-Z]$/.test(value) ? `0${value.slice(1)}` : undefined),
      often,
      once,
    }),
  wishes: (config) => fields.wishesOf(config),
};

export const viewsonicRs232: DriverDefinition<ViewsonicConfig> = {
  kind: 'viewsonic-rs232',
  title: { vi: 'Bảng tương tác ViewSonic', en: 'ViewSonic board (RS-232 or network)' },
  configSchema: Config,
  capabilities: [{ can: 'switch-power' }, { can: 'switch-input' }, { can: 'set-volume' }, { can: 'mute' }],
  discovery,
  link: (config, lasting) => ({
    port: withPortNumber(config.port, viewsonicPort),
    serial: { baudRate: 9600, dataBits: 8, parity: 'none', stopBits: 1 },
    ...fields.waking(config, lasting),
  }),
  configured: (config, lasting) => forgetChanged(lasting, fields.wishesOf(config)),
  open: (link, config, deps) => openDisplay(protocol, { link, config, deps }),
};
