/** Samsung signage and interactive displays, Multiple Display Control by RS-232 or network. */
import type { DisplayFault } from '@tramhoc/protocol/asset';
import { z } from 'zod';
import { DisplayAddress, withPortNumber } from '../../transports/display-address.ts';
import { type BoardFacts, boardState, learned, noBoardFacts, percent, powered, printable, refused } from '../board-facts.ts';
import * as fields from '../display-config.ts';
import type { Answer, Command, Dialect, Wish } from '../display-dialect.ts';
import { type DisplayProtocol, openDisplay } from '../display-session.ts';
import { forgetChanged } from '../display-wishes.ts';
import type { DriverDefinition } from '../driver.ts';
import { decode, encode, type Frame } from './codec.ts';
import { discovery } from './discovery.ts';

const mdcPort = 1515;
/** Commands of the MDC documents; names as they write them. */
const mdc = {
  status: 0x00,
  serial: 0x0b,
  errors: 0x0d,
  software: 0x0e,
  power: 0x11,
  volume: 0x12,
  mute: 0x13,
  input: 0x14,
  model: 0x8a,
} as const;
type Topic = keyof typeof mdc;

const Config = z.strictObject({
  port: DisplayAddress,
  displayId: fields.setId({ min: 0, max: 224 }),
  power: fields.power,
  input: fields.input(/^(?:[0-9A-F]{2})?$/, '21 = HDMI 1, 23 = HDMI 2, 25 = DisplayPort, 14 = PC'),
  volumePct: fields.volumePct,
  muted: fields.muted,
  wakeOnLanMac: fields.wakeOnLanMac,
  pollEveryS: fields.pollEveryS,
});
export type SamsungMdcConfig = z.infer<typeof Config>;

const secured =
  'the display wants the secured protocol (TLS with a PIN), which this driver does not speak; turn it off in the menu (System, Secured Protocol).';

export function samsungDialect({ displayId }: { displayId: number }): Dialect<Frame, BoardFacts> {
  const command = (topic: Topic, data?: readonly number[]): Command => ({
    name: topic,
    bytes: encode({ command: mdc[topic], displayId, ...(data !== undefined && { data }) }),
  });
  return {
    noFacts: noBoardFacts,
    replyMs: 2_000,
    retries: 1,
    gapMs: 0,
    noAnswer: 'check cable, ID and that MDC is set to this connection (menu: Network, MDC Connection Type).',
    power: command('power'),
    questions: ({ known }, { first }) => [
      ...(known.power === 'on' ? [command('status'), command('errors')] : []),
      ...(first ? [command('model'), command('serial'), command('software')] : []),
    ],
    confirm: () => command('status'),
    change: (wish) => change(wish, command),
    hear(asked, frame, facts) {
      if (frame.kind === 'tls-wanted') return { is: 'failure', code: 'DRIVER_AUTH_FAILED', message: secured };
      if (frame.displayId !== displayId || frame.command !== mdc[asked.name as Topic]) return undefined;
      // a set command carries data, an answer to it does too: what it says is what is
      return frame.ok ? answerOf(asked.name as Topic, frame.data, facts) : refusal(asked.name as Topic, facts);
    },
    stateOf: boardState,
  };
}

function change(wish: Wish, command: (topic: Topic, data: readonly number[]) => Command): Command {
  switch (wish.aspect) {
    case 'power':
      return command('power', [wish.value === 'on' ? 1 : 0]);
    case 'input':
      return command('input', [Number.parseInt(wish.value, 16)]);
    case 'volumePct':
      return command('volume', [wish.value]);
    case 'muted':
      return command('mute', [wish.value ? 1 : 0]);
    default:
      return wish satisfies never;
  }
}

/** NAK: not supported, or not in this state; the documents do not tell the two apart by the error code. */
function refusal(topic: Topic, facts: BoardFacts): Answer<BoardFacts> {
  switch (topic) {
    case 'errors':
      return refused(facts, ['faults', 'temperatureC'], 'later');
    case 'status':
      return refused(facts, ['input', 'volumePct', 'muted'], 'later');
    default:
      return { is: 'later', facts };
  }
}

function answerOf(topic: Topic, data: Uint8Array, facts: BoardFacts): Answer<BoardFacts> {
  switch (topic) {
    case 'power':
      return powered(facts, data[0] === 1 ? 'on' : data[0] === 0 ? 'off' : 'unknown');
    case 'volume':
      return learned(facts, { volumePct: percent(data[0]) });
    case 'mute':
      return learned(facts, { muted: flag(data[0]) });
    case 'input':
      return learned(facts, { input: inputName(data[0]) });
    case 'status':
      return status(data, facts);
    case 'errors':
      return errors(data, facts);
    case 'model':
      return learned(facts, { model: text(data) });
    case 'serial':
      return learned(facts, { serial: text(data) });
    case 'software':
      return learned(facts, { firmware: text(data) });
    default:
      return topic satisfies never;
  }
}

/** Power, volume, mute, input, aspect ratio, two timers. */
function status([power, volume, mute, input]: Uint8Array, facts: BoardFacts): Answer<BoardFacts> {
  if (power !== 1) return powered(facts, power === 0 ? 'off' : 'unknown');
  return learned(facts, { power: 'on', volumePct: percent(volume), muted: flag(mute), input: inputName(input) });
}

/** Lamp, temperature, brightness sensor, signal, temperature in °C, fan. No signal is no fault: the cable of a laptop comes and goes. */
function errors([lamp, temperature, sensor, _signal, degrees, fan]: Uint8Array, facts: BoardFacts): Answer<BoardFacts> {
  if (fan === undefined || degrees === undefined) return learned(facts, { faults: undefined, temperatureC: undefined });
  const faults: DisplayFault[] = [
    ...(lamp === 1 ? [{ part: 'lamp', level: 'error' } as const] : []),
    ...(temperature === 1 ? [{ part: 'temperature', level: 'error' } as const] : []),
    ...(fan === 1 ? [{ part: 'fan', level: 'error' } as const] : []),
    ...(sensor === 1 ? [{ part: 'other', level: 'warning' } as const] : []),
  ];
  return learned(facts, { faults, temperatureC: degrees });
}

const flag = (value: number | undefined): boolean | undefined => (value === 0 || value === 1 ? value === 1 : undefined);
const inputName = (code: number | undefined): string | undefined => code?.toString(16).toUpperCase().padStart(2, '0');
const text = (data: Uint8Array): string | undefined => printable(String.fromCharCode(...data));

const protocol: DisplayProtocol<SamsungMdcConfig, Frame, BoardFacts> = {
  decode,
  dialect: (config) => samsungDialect(config),
  wishes: (config) => fields.wishesOf(config),
};

export const samsungMdc: DriverDefinition<SamsungMdcConfig> = {
  kind: 'samsung-mdc',
  title: { vi: 'Màn hình Samsung (MDC)', en: 'Samsung display (MDC)' },
  configSchema: Config,
  capabilities: [{ can: 'switch-power' }, { can: 'switch-input' }, { can: 'set-volume' }, { can: 'mute' }, { can: 'report-faults' }],
  discovery,
  link: (config, lasting) => ({
    port: withPortNumber(config.port, mdcPort),
    serial: { baudRate: 9600, dataBits: 8, parity: 'none', stopBits: 1 },
    ...fields.waking(config, lasting),
  }),
  configured: (config, lasting) => forgetChanged(lasting, fields.wishesOf(config)),
  open: (link, config, deps) => openDisplay(protocol, { link, config, deps }),
};
