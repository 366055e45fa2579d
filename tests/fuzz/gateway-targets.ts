/** Adapters of third-party gateways: an input is some messages, one after the other, `topic TAB payload` with a record separator between them. */
import { adapters } from '@tramhoc/broker/adapters/registry';
import { usualAir } from '@tramhoc/broker/adapters/simulator';
import { simulators } from '@tramhoc/broker/adapters/simulators';
import type { FuzzTarget } from './fuzz-target.ts';

const separator = 0x1e;
const tab = 0x09;

export const gatewayTargets: readonly FuzzTarget[] = adapters.map((adapter) => ({
  ...{ name: adapter.kind, codec: `broker/src/adapters/${adapter.kind}/codec.ts`, maxKeptBytes: 0, whole: true as const },
  start() {
    const reader = adapter.start(adapter.optionsSchema.parse({}), () => true);
    let found = 0;
    return {
      eat(piece) {
        for (const message of cutAt(piece, separator)) {
          const at = message.indexOf(tab);
          const topic = new TextDecoder().decode(at === -1 ? message : message.subarray(0, at));
          const payload = at === -1 ? new Uint8Array() : message.subarray(at + 1);
          for (const finding of reader.read({ topic, payload })) {
            if (finding.kind !== 'values') continue;
            found += finding.values.length;
            if (finding.values.some(({ value }) => !Number.isFinite(value))) throw new Error(`no number from ${topic}`);
          }
        }
        return { keptBytes: 0, found };
      },
    };
  },
}));

function cutAt(bytes: Uint8Array, mark: number): Uint8Array[] {
  const parts: Uint8Array[] = [];
  let from = 0;
  for (let at = bytes.indexOf(mark); at !== -1; at = bytes.indexOf(mark, from)) {
    parts.push(bytes.subarray(from, at));
    from = at + 1;
  }
  return [...parts, bytes.subarray(from)];
}

const words = [
  ...[
    '\t',
    '\u001e',
    'tele/a/SENSOR\t',
    'zigbee2mqtt/a\t',
    'a/events/rpc\t',
    'a/sensor/b/state\t',
    'homeassistant/sensor/a/config\t',
    '/availability\t',
  ],
  ...[
    '"Temperature":',
    '"TempUnit":"F"',
    '"ENERGY":{"Total":[',
    '"exposes":[',
    '"property":"voltage"',
    '"unit":"mV"',
    '"NotifyStatus"',
    '"errors":["read"]',
  ],
  ...[
    '"val_tpl":"{{ value_json',
    "['a']",
    ' | float | round(9) }}"',
    '"avty":[{"t":"~"}]',
    '"cmps":{"a":{"p":"sensor",',
    '"~":"~~"',
    'nan',
    'Online',
    '85',
    '-127',
  ],
];

/** What the simulated gadgets say, as one input. */
export const gatewaySamples: Readonly<Record<string, { text: readonly string[]; words: readonly string[] }>> = Object.fromEntries(
  simulators.map((simulator) => {
    const messages = [...simulator.announce('a'), ...simulator.round('a', usualAir), simulator.session('a').will];
    const lines = messages.map(({ topic, payload }) => `${topic}\t${payload}`);
    return [simulator.kind, { text: [lines.join('\u001e'), ...lines], words }];
  }),
);
