/** LG commercial displays and signage, the command set of their RS-232 port, also by network. */
import type { DisplayFault } from '@tramhoc/protocol/asset';
import { z } from 'zod';
import { DisplayAddress, withPortNumber } from '../../transports/display-address.ts';
import { type BoardFacts, boardState, learned, noBoardFacts, percent, powered, refused } from '../board-facts.ts';
import * as fields from '../display-config.ts';
import type { Answer, Command, Dialect, Wish } from '../display-dialect.ts';
import { type DisplayProtocol, openDisplay } from '../display-session.ts';
import { forgetChanged } from '../display-wishes.ts';
import type { DriverDefinition } from '../driver.ts';
import { decode, encode, type Frame } from './codec.ts';
import { discovery } from './discovery.ts';

const lgPort = 9761;
const ask = 0xff;
/** Both letters of a command; answers carry the second one only. */
const letters = { power: 'ka', input: 'xb', volume: 'kf', mute: 'ke', temperature: 'dn', hours: 'dl', fan: 'dw' } as const;
type Topic = keyof typeof letters;

const Config = z.strictObject({
  port: DisplayAddress,
  setId: fields.setId({ max: 1_000 }),
  power: fields.power,
  input: fields.input(/^(?:[0-9a-f]{2})?$/, '90 = HDMI 1, 91 = HDMI 2, c0 = DisplayPort, 60 = RGB'),
  volumePct: fields.volumePct,
  muted: fields.muted,
  wakeOnLanMac: fields.wakeOnLanMac,
  pollEveryS: fields.pollEveryS,
});
export type LgCommercialConfig = z.infer<typeof Config>;

export function lgDialect({ setId }: { setId: number }): Dialect<Frame, BoardFacts> {
  const command = (topic: Topic, data = ask): Command => ({ name: topic, bytes: encode({ command: letters[topic], setId, data }) });
  return {
    noFacts: noBoardFacts,
    replyMs: 2_000,
    retries: 1,
    gapMs: 0,
    noAnswer: 'check cable and set ID; by network the display must allow control there and stay reachable when off.',
    power: command('power'),
    // in standby the sets answer the power only
    questions: ({ known }) =>
      known.power === 'on' ? (['input', 'volume', 'mute', 'temperature', 'fan', 'hours'] as const).map((topic) => command(topic)) : [],
    confirm: (aspect) => command(aspect === 'input' ? 'input' : aspect === 'volumePct' ? 'volume' : 'mute'),
    change: (wish) => change(wish, command),
    hear(asked, frame, facts) {
      const topic = asked.name as Topic;
      if (frame.setId !== setId || frame.command !== letters[topic][1]) return undefined;
      return frame.ok ? answerOf(topic, frame.data, facts) : refusal(topic, frame.data, facts);
    },
    stateOf: boardState,
    // the same socket is 90 with a film and a0 with a computer behind it
    holds: (wish, { input }) => (wish.aspect === 'input' && input !== undefined ? socketOf(input) === socketOf(wish.value) : undefined),
  };
}

function change(wish: Wish, command: (topic: Topic, data: number) => Command): Command {
  switch (wish.aspect) {
    case 'power':
      return command('power', wish.value === 'on' ? 1 : 0);
    case 'input':
      return command('input', Number.parseInt(wish.value, 16));
    case 'volumePct':
      return command('volume', wish.value);
    case 'muted':
      // the command is called "volume mute" and means the sound: 00 is silent
      return command('mute', wish.value ? 0 : 1);
    default:
      return wish satisfies never;
  }
}

const said = {
  input: ['input'],
  volume: ['volumePct'],
  mute: ['muted'],
  temperature: ['temperatureC'],
  hours: ['usageHours'],
  fan: ['faults'],
  power: [],
} as const;

/** 01 illegal code, 02 not supported, 03 wait. */
function refusal(topic: Topic, code: string, facts: BoardFacts): Answer<BoardFacts> {
  return refused(facts, said[topic], code === '02' ? 'unknown' : 'later');
}

function answerOf(topic: Topic, data: string, facts: BoardFacts): Answer<BoardFacts> {
  const value = data === '' ? undefined : Number.parseInt(data, 16);
  switch (topic) {
    case 'power':
      return powered(facts, value === 1 ? 'on' : value === 0 ? 'off' : 'unknown');
    case 'input':
      return learned(facts, { input: data === '' ? undefined : data.slice(0, 8) });
    case 'volume':
      return learned(facts, { volumePct: percent(value) });
    case 'mute':
      return learned(facts, { muted: value === 0 || value === 1 ? value === 0 : undefined });
    case 'temperature':
      return learned(facts, { temperatureC: value !== undefined && value <= 150 ? value : undefined });
    case 'hours':
      return learned(facts, { usageHours: value });
    case 'fan':
      return learned(facts, { faults: fanFaults(value) });
    default:
      return topic satisfies never;
  }
}

/** 0 is broken, 1 is fine, 2 means that there is none. */
function fanFaults(value: number | undefined): DisplayFault[] {
  return value === 0 ? [{ part: 'fan', level: 'error' }] : [];
}

const socketOf = (input: string): string => input.replace(/^a/, '9');

const protocol: DisplayProtocol<LgCommercialConfig, Frame, BoardFacts> = {
  decode,
  dialect: (config) => lgDialect(config),
  wishes: (config) => fields.wishesOf(config),
};

export const lgCommercial: DriverDefinition<LgCommercialConfig> = {
  kind: 'lg-commercial',
  title: { vi: 'Màn hình LG (thương mại)', en: 'LG commercial display' },
  configSchema: Config,
  capabilities: [{ can: 'switch-power' }, { can: 'switch-input' }, { can: 'set-volume' }, { can: 'mute' }, { can: 'report-faults' }],
  discovery,
  link: (config, lasting) => ({
    port: withPortNumber(config.port, lgPort),
    serial: { baudRate: 9600, dataBits: 8, parity: 'none', stopBits: 1 },
    ...fields.waking(config, lasting),
  }),
  configured: (config, lasting) => forgetChanged(lasting, fields.wishesOf(config)),
  open: (link, config, deps) => openDisplay(protocol, { link, config, deps }),
};
