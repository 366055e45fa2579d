/** What the agent opens instead of base/mqtt-link: it connects again in the same way, with the same limits, over a simulated cable. */
import { backoffMs } from '@tramhoc/base/backoff';
import type { Timer } from '@tramhoc/base/clock';
import { type LinkMessage, type MqttLink, type MqttLinkOptions, matches } from '@tramhoc/base/mqtt-link';
import { TramError } from '@tramhoc/protocol/errors';
import type { Program } from './computer.ts';
import { type DeviceWire, dial } from './mqtt-cable.ts';

const reconnect = { firstMs: 500, maxMs: 60_000 };
const connectTimeoutMs = 10_000;
const goodSessionMs = 10_000;
/** What the agent may have under way at a time: four batches of its drain, presence, questions. */
const maxUnderWay = 90;

export function openWiredLink(options: MqttLinkOptions, program: Program, wire: DeviceWire): MqttLink {
  const { clock } = program;
  const subscriptions: { filter: string; onMessage(message: LinkMessage): void }[] = [];
  let session: { end(clean: boolean): void; send: ReturnType<typeof dial> } | undefined;
  let underWay = new Map<number, { resolve(): void; reject(error: TramError): void }>();
  let connected = false;
  let closed = false;
  let attempt = 0;
  let nextId = 1;
  let retry: Timer | undefined;
  const lost = (): TramError => new TramError('LINK_CLOSED', 'the connection to the broker ended; it is sent again after reconnecting.');

  const open = (): void => {
    const startedMs = clock.monotonicMs();
    let over = false;
    const late = clock.after(connectTimeoutMs, () => {
      send.close(false);
      gone();
    });
    const gone = (): void => {
      if (over) return;
      over = true;
      late.cancel();
      const was = connected;
      wire.loop.trace.say(program.name, was ? '  connection lost' : '  no connection');
      connected = false;
      session = undefined;
      const waiting = underWay;
      underWay = new Map();
      for (const { reject } of waiting.values()) reject(lost());
      if (closed) return;
      attempt = was && clock.monotonicMs() - startedMs > goodSessionMs ? 1 : attempt + 1;
      options.onState({ connected: false, code: 'BROKER_UNREACHABLE' });
      retry = clock.after(backoffMs({ attempt, fraction: program.dice.fraction() }, reconnect), open);
    };
    const send = dial(wire, program, {
      connack(ok) {
        if (over) return;
        if (!ok) return gone();
        late.cancel();
        connected = true;
        wire.loop.trace.say(program.name, '  connected');
        for (const { filter } of subscriptions) send.subscribe(filter);
        options.onState({ connected: true });
      },
      puback(id) {
        const waiting = underWay.get(id);
        wire.loop.trace.say(program.name, `  PUBACK ${id}`);
        underWay.delete(id);
        waiting?.resolve();
      },
      deliver(message) {
        for (const { filter, onMessage } of subscriptions) if (matches(filter, message.topic)) onMessage(message);
      },
      closed: gone,
    });
    session = {
      send,
      end(clean) {
        send.close(clean);
        gone();
      },
    };
    send.connect(options.clientId, options.will?.topic);
  };
  open();
  return {
    get connected() {
      return connected;
    },
    publish(topic, payload, { retain = false } = {}) {
      if (session === undefined || !connected) return Promise.reject(lost());
      const id = nextId++;
      wire.loop.trace.say(program.name, `  publish ${id} ${topic.slice(topic.lastIndexOf('/') + 1)}`);
      if (underWay.size >= maxUnderWay) wire.violation(`${program.name} has ${underWay.size} publishes under way`);
      session.send.publish({ topic, payload: Buffer.from(payload), retain, id });
      if (wire.trustsSending === true) return Promise.resolve();
      return new Promise((resolve, reject) => underWay.set(id, { resolve, reject }));
    },
    subscribe(filter, onMessage) {
      subscriptions.push({ filter, onMessage });
      if (connected) session?.send.subscribe(filter);
      return Promise.resolve();
    },
    close() {
      closed = true;
      retry?.cancel();
      session?.end(true);
      return Promise.resolve();
    },
  };
}
