/** NEC (Sharp NEC) signage and boards, external control by RS-232 or network. */
import type { DisplayFault } from '@tramhoc/protocol/asset';
import { z } from 'zod';
import { DisplayAddress, withPortNumber } from '../../transports/display-address.ts';
import { type BoardFacts, boardState, learned, noBoardFacts, percent, powered, printable } from '../board-facts.ts';
import * as fields from '../display-config.ts';
import type { Answer, Command, Dialect, Wish } from '../display-dialect.ts';
import { type DisplayProtocol, openDisplay } from '../display-session.ts';
import { forgetChanged } from '../display-wishes.ts';
import type { DriverDefinition } from '../driver.ts';
import { decode, encode, type Frame } from './codec.ts';
import { discovery } from './discovery.ts';

const necPort = 7142;
/** The manuals want this much between commands; a monitor that just switched wants to be left alone for longer. */
const gapMs = 600;
const powerSettleMs = 15_000;
const inputSettleMs = 10_000;

/** Operation codes that are asked and set; names as messages call them. */
const parameters = {
  input: 0x0060,
  volumePct: 0x0062,
  muted: 0x008d,
  sensor: 0x0278,
  temperature: 0x0279,
  'hours, upper half': 0x11fe,
  'hours, lower half': 0x11ff,
  'half hours': 0x00ff,
} as const;
type Parameter = keyof typeof parameters;
/** Commands of their own: what is sent, and what their answer begins with. */
const reports = {
  power: { ask: '01D6', answer: '0200D600' },
  faults: { ask: 'B1', answer: 'A1' },
  model: { ask: 'C217', answer: 'C317' },
  serial: { ask: 'C216', answer: 'C316' },
  firmware: { ask: 'CA0200', answer: 'CB02' },
} as const;
type Report = keyof typeof reports;

const Config = z.strictObject({
  port: DisplayAddress,
  monitorId: fields.setId({ max: 100 }),
  power: fields.power,
  input: fields.input(/^(?:[0-9A-F]{2})?$/, '11 = HDMI 1, 12 = HDMI 2, 0F = DisplayPort, 03 = DVI, 01 = VGA, 0D = OPS'),
  volumePct: fields.volumePct,
  muted: fields.muted,
  wakeOnLanMac: fields.wakeOnLanMac,
  pollEveryS: fields.pollEveryS,
});
export type NecSerialConfig = z.infer<typeof Config>;

const hex = (value: number): string => value.toString(16).toUpperCase().padStart(4, '0');

export function necDialect({ monitorId }: { monitorId: number }): Dialect<Frame, BoardFacts> {
  const report = (name: Report): Command => ({ name, bytes: encode({ type: 'A', monitorId, message: reports[name].ask }) });
  const get = (name: Parameter): Command => ({ name, bytes: encode({ type: 'C', monitorId, message: hex(parameters[name]) }) });
  const set = (name: Parameter, value: number): Uint8Array => encode({ type: 'E', monitorId, message: hex(parameters[name]) + hex(value) });
  /** The temperature of the first sensor, after it was selected. */
  const sensor: Command = { name: 'sensor', bytes: set('sensor', 1) };
  return {
    noFacts: noBoardFacts,
    replyMs: 2_000,
    retries: 1,
    gapMs,
    noAnswer: 'check cable and monitor ID, and that external control is set to this connection (menu: Control, External Control).',
    power: report('power'),
    questions: ({ known }, { first }) => [
      ...(known.power === 'on' ? [get('input'), get('volumePct'), get('muted'), report('faults'), sensor, get('hours, upper half')] : []),
      ...(first ? [report('model'), report('serial'), report('firmware')] : []),
    ],
    confirm: get,
    change: (wish) => change(wish, { monitorId, set }),
    hear(asked, frame, facts) {
      if (frame.monitorId !== monitorId) return undefined;
      if (frame.message === 'BE') return nothing(asked.name, facts, get);
      if (asked.name === 'set power') return frame.type === 'B' ? switched(frame.message, facts) : undefined;
      if (asked.name in reports) return frame.type === 'B' ? reported(asked.name as Report, frame.message, facts) : undefined;
      const setting = asked.name === 'sensor' || asked.name.startsWith('set ');
      if (frame.type !== (setting ? 'F' : 'D')) return undefined;
      return parameter(asked.name.replace('set ', '') as Parameter, { message: frame.message, facts, get, setting });
    },
    stateOf: boardState,
  };
}

function change(wish: Wish, { monitorId, set }: { monitorId: number; set(name: Parameter, value: number): Uint8Array }): Command {
  const name = `set ${wish.aspect}`;
  switch (wish.aspect) {
    case 'power':
      return {
        name,
        bytes: encode({ type: 'A', monitorId, message: `C203D6${hex(wish.value === 'on' ? 1 : 4)}` }),
        settleMs: powerSettleMs,
      };
    case 'input':
      return { name, bytes: set('input', Number.parseInt(wish.value, 16)), settleMs: inputSettleMs };
    case 'volumePct':
      return { name, bytes: set('volumePct', wish.value) };
    case 'muted':
      return { name, bytes: set('muted', wish.value ? 1 : 2) };
    default:
      return wish satisfies never;
  }
}

/** The empty message: busy, or it does not know the command; the manuals do not tell the two apart. */
function nothing(name: string, facts: BoardFacts, get: (name: Parameter) => Command): Answer<BoardFacts> {
  return name === 'hours, upper half' ? { is: 'done', facts, followUp: [get('half hours')] } : { is: 'later', facts };
}

function switched(message: string, facts: BoardFacts): Answer<BoardFacts> | undefined {
  const [, result] = /^([0-9A-F]{2})C203D6/i.exec(message) ?? [];
  return result === undefined ? undefined : { is: result === '00' ? 'done' : 'later', facts };
}

function reported(name: Report, message: string, facts: BoardFacts): Answer<BoardFacts> | undefined {
  if (!message.toUpperCase().startsWith(reports[name].answer)) return undefined;
  const data = message.slice(reports[name].answer.length);
  switch (name) {
    case 'power':
      return powered(facts, powers[data.slice(4)] ?? 'unknown');
    case 'faults':
      return learned(facts, { faults: faultsOf(data) });
    case 'model':
      return learned(facts, { model: twiceEncoded(data) });
    case 'serial':
      return learned(facts, { serial: twiceEncoded(data) });
    case 'firmware':
      // result and number of the part come before the text
      return learned(facts, { firmware: printable(data.slice(4)) });
    default:
      return name satisfies never;
  }
}

/** Standby and suspend: the screen is dark and wakes by itself, by a signal, in some settings. */
const powers: Readonly<Record<string, 'on' | 'off'>> = { '0001': 'on', '0002': 'off', '0003': 'off', '0004': 'off' };

type Exchange = { message: string; facts: BoardFacts; get(name: Parameter): Command; setting: boolean };

/** Result, operation code, type, greatest value, value. */
function parameter(name: Parameter, { message, facts, get, setting }: Exchange): Answer<BoardFacts> | undefined {
  const [, result, code, most, data] = /^(..)(....)..([0-9A-F]{4})([0-9A-F]{4})$/i.exec(message) ?? [];
  if (data === undefined || code?.toUpperCase() !== hex(parameters[name])) return undefined;
  if (result !== '00') return unsupported(name, facts, get);
  const value = Number.parseInt(data, 16);
  if (setting) return name === 'sensor' ? { is: 'done', facts, followUp: [get('temperature')] } : { is: 'done', facts };
  switch (name) {
    case 'sensor':
      return { is: 'done', facts };
    case 'input':
      return learned(facts, { input: value === 0 ? undefined : value.toString(16).toUpperCase().padStart(2, '0') });
    case 'volumePct':
      return learned(facts, { volumePct: percent(Math.round((value * 100) / Number.parseInt(most!, 16))) });
    case 'muted':
      return learned(facts, { muted: value === 1 ? true : value === 0 || value === 2 ? false : undefined });
    case 'temperature':
      return learned(facts, { temperatureC: celsius(value) });
    case 'hours, upper half':
      return { is: 'done', facts: { ...facts, pieces: [data] }, followUp: [get('hours, lower half')] };
    case 'hours, lower half':
      return learned(facts, { usageHours: Math.floor(Number.parseInt(`${facts.pieces[0] ?? ''}${data}`, 16) / 60) });
    case 'half hours':
      return learned(facts, { usageHours: Math.floor(value / 2) });
    default:
      return name satisfies never;
  }
}

/** Older series count half hours only. */
function unsupported(name: Parameter, facts: BoardFacts, get: (name: Parameter) => Command): Answer<BoardFacts> {
  return name === 'hours, upper half' ? nothing(name, facts, get) : { is: 'unknown', facts };
}

/** Half degrees, two's complement. */
function celsius(value: number): number | undefined {
  const degrees = (value >= 0x8000 ? value - 0x1_0000 : value) / 2;
  return degrees >= -50 && degrees <= 125 ? degrees : undefined;
}

/** Hex digits that stand for hex digits that stand for letters. Some models leave out the second step. */
function twiceEncoded(data: string): string | undefined {
  const once = /^(?:[0-9A-F]{2})+$/i.test(data) ? Buffer.from(data, 'hex').toString('latin1') : undefined;
  return printable(once !== undefined && /^[ -~]+\0*$/.test(once) ? once : data);
}

/** 00 is "normal", B0 "no signal": the cable of a laptop comes and goes. */
function faultsOf(data: string): DisplayFault[] {
  const codes = data.toUpperCase().match(/[0-9A-F]{2}/g) ?? [];
  const faults = codes.filter((code) => code !== '00' && code !== 'B0').map(faultOf);
  const different = new Map(faults.map((fault) => [`${fault.part} ${fault.level}`, fault]));
  return [...different.values()];
}

function faultOf(code: string): DisplayFault {
  switch (code[0]) {
    case '8':
      return { part: 'fan', level: 'error' };
    case '9':
      return { part: 'lamp', level: 'error' };
    case 'A':
      // A0 switched it off; A1 halved the brightness, A2 is a limit that people set
      return { part: 'temperature', level: code === 'A0' ? 'error' : 'warning' };
    case '7':
    case 'E':
      return { part: 'other', level: 'error' };
    default:
      return { part: 'other', level: 'warning' };
  }
}

const protocol: DisplayProtocol<NecSerialConfig, Frame, BoardFacts> = {
  decode,
  dialect: (config) => necDialect(config),
  wishes: (config) => fields.wishesOf(config),
};

export const necSerial: DriverDefinition<NecSerialConfig> = {
  kind: 'nec-serial',
  title: { vi: 'Màn hình NEC', en: 'NEC display' },
  configSchema: Config,
  capabilities: [{ can: 'switch-power' }, { can: 'switch-input' }, { can: 'set-volume' }, { can: 'mute' }, { can: 'report-faults' }],
  discovery,
  link: (config, lasting) => ({
    port: withPortNumber(config.port, necPort),
    serial: { baudRate: 9600, dataBits: 8, parity: 'none', stopBits: 1 },
    ...fields.waking(config, lasting),
  }),
  configured: (config, lasting) => forgetChanged(lasting, fields.wishesOf(config)),
  open: (link, config, deps) => openDisplay(protocol, { link, config, deps }),
};
