/** SMART boards (6000, 7000, MX, M), commands of their RS-232 port. */
import type { DisplayPower } from '@tramhoc/protocol/asset';
import { z } from 'zod';
import { PortAddress } from '../../transports/port-address.ts';
import { type BoardFacts, boardState, learned, noBoardFacts, percent, powered, printable, refused } from '../board-facts.ts';
import * as fields from '../display-config.ts';
import type { Answer, Command, Dialect, Wish } from '../display-dialect.ts';
import { type DisplayProtocol, openDisplay } from '../display-session.ts';
import { forgetChanged } from '../display-wishes.ts';
import { type DriverDefinition, describe } from '../driver.ts';
import { decode, encode, type Frame } from './codec.ts';
import { discovery } from './discovery.ts';

/** What the board calls it. */
const keys = {
  power: 'powerstate',
  input: 'input',
  volumePct: 'volume',
  muted: 'mute',
  model: 'modelnum',
  serial: 'serialnum',
  firmware: 'fwversion',
} as const;
type Topic = keyof typeof keys;
const asked = ['input', 'volumePct', 'muted'] as const;
const askedUntilKnown = ['model', 'serial', 'firmware'] as const;

const Config = z.strictObject({
  port: PortAddress,
  power: fields.power,
  offState: describe(z.enum(['standby', 'ready']).default('standby'), {
    vi: {
      title: 'Khi tắt thì',
      help: 'Chờ (standby): hầu hết các bảng. Sẵn sàng (ready): bảng MX và các bảng không nhận lệnh standby; màn hình tắt nhưng máy vẫn chạy.',
    },
    en: {
      title: 'Off means',
      help: 'Standby: most boards. Ready: MX and others that do not take standby; the screen is dark, the computer inside runs on.',
    },
    options: { standby: { vi: 'Chờ (standby)', en: 'Standby' }, ready: { vi: 'Sẵn sàng (ready)', en: 'Ready' } },
  }),
  input: fields.input(/^[a-z0-9]{0,8}$/, 'hdmi1, hdmi2, vga1, ops1, usbc1, android'),
  volumePct: fields.volumePct,
  muted: fields.muted,
  pollEveryS: fields.pollEveryS,
});
export type SmartSerialConfig = z.infer<typeof Config>;

const powers: Readonly<Record<string, DisplayPower>> = {
  on: 'on',
  updateon: 'on',
  ready: 'off',
  standby: 'off',
  powersave: 'off',
  updateready: 'off',
};

export function smartDialect({ offState }: { offState: 'standby' | 'ready' }): Dialect<Frame, BoardFacts> {
  const ask = (topic: Topic): Command => ({ name: topic, bytes: encode({ key: keys[topic] }) });
  return {
    noFacts: noBoardFacts,
    replyMs: 2_000,
    retries: 1,
    // the prompt comes after the answer
    gapMs: 100,
    noAnswer: 'check the cable (crossed) and the speed (19200 baud); some boards want serial control allowed in their settings.',
    power: ask('power'),
    // in standby the boards take no other command
    questions: ({ known }) =>
      known.power === 'on' ? [...asked, ...askedUntilKnown.filter((topic) => known[topic] === undefined)].map(ask) : [],
    confirm: ask,
    change: (wish) => ({
      name: `set ${wish.aspect}`,
      bytes: encode({ key: keys[wish.aspect], value: valueFor(wish, offState) }),
    }),
    hear: (command, frame, facts) => hear(command.name, frame, facts),
    overhear(frame, facts) {
      if (frame.kind !== 'value' || !frame.unasked) return undefined;
      const topic = (['power', ...asked] as const).find((each) => keys[each] === frame.key);
      const answer = topic === undefined ? undefined : told(topic, frame.value, facts);
      return answer?.is === 'done' ? answer.facts : undefined;
    },
    stateOf: boardState,
  };
}

function hear(name: string, frame: Frame, facts: BoardFacts): Answer<BoardFacts> | undefined {
  const setting = name.startsWith('set ');
  const topic = name.replace('set ', '') as Topic;
  if (frame.kind === 'invalid') return setting ? { is: 'later', facts } : refusal(topic, facts);
  if (frame.kind === 'prompt' || frame.unasked || frame.key !== keys[topic]) return undefined;
  // the board repeats what it was told before it has done it
  return setting ? { is: 'done', facts } : told(topic, frame.value, facts);
}

function refusal(topic: Topic, facts: BoardFacts): Answer<BoardFacts> {
  const extra = askedUntilKnown.some((each) => each === topic);
  return refused(facts, topic === 'power' ? [] : [topic], extra ? 'unknown' : 'later');
}

function told(topic: Topic, value: string, facts: BoardFacts): Answer<BoardFacts> {
  const word = value.toLowerCase();
  switch (topic) {
    case 'power':
      return powered(facts, powers[word] ?? 'unknown');
    case 'input':
      return learned(facts, { input: word.slice(0, 8) });
    case 'volumePct':
      return learned(facts, { volumePct: /^\d{1,3}$/.test(word) ? percent(Number(word)) : undefined });
    case 'muted':
      return learned(facts, { muted: word === 'on' ? true : word === 'off' ? false : undefined });
    default:
      return learned(facts, { [topic]: printable(value) });
  }
}

function valueFor(wish: Wish, offState: string): string {
  switch (wish.aspect) {
    case 'power':
      return wish.value === 'on' ? 'on' : offState;
    case 'input':
      return wish.value;
    case 'volumePct':
      return String(wish.value);
    case 'muted':
      return wish.value ? 'on' : 'off';
    default:
      return wish satisfies never;
  }
}

const protocol: DisplayProtocol<SmartSerialConfig, Frame, BoardFacts> = {
  decode,
  dialect: (config) => smartDialect(config),
  wishes: (config) => fields.wishesOf(config),
};

export const smartSerial: DriverDefinition<SmartSerialConfig> = {
  kind: 'smart-serial',
  title: { vi: 'Bảng tương tác SMART', en: 'SMART board (RS-232)' },
  configSchema: Config,
  capabilities: [{ can: 'switch-power' }, { can: 'switch-input' }, { can: 'set-volume' }, { can: 'mute' }],
  discovery,
  link: ({ port }) => ({ port, serial: { baudRate: 19_200, dataBits: 8, parity: 'none', stopBits: 1 } }),
  configured: (config, lasting) => forgetChanged(lasting, fields.wishesOf(config)),
  open: (link, config, deps) => openDisplay(protocol, { link, config, deps }),
};
