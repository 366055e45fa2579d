/** The client's side of MQTT 3.1.1 with user name and password, as small as the gadgets have it: QoS 0, a will, keep-alive. Source: OASIS MQTT 3.1.1. */
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { type Clock, every } from '@tramhoc/base/clock';
import { TramError } from '@tramhoc/protocol/errors';
import type { SimulatedMessage } from '../adapters/simulator.ts';

export type SimulatedLink = {
  publish(message: SimulatedMessage): void;
  /** Resolves with the return code of SUBACK: 0 to 2, or 128 when it was refused. */
  subscribe(filter: string): Promise<number>;
  /** Settles when the connection has ended, by whomever. */
  ended: Promise<void>;
  /** With DISCONNECT: the will is not published. */
  close(): Promise<void>;
  /** As when the power goes. */
  drop(): void;
};

export type SimulatedLinkOptions = {
  /** mqtt://host:port, or mqtts:// with `caPem`. */
  url: string;
  caPem?: string;
  user: string;
  password: string;
  clientId: string;
  will?: SimulatedMessage;
  keepAliveS?: number;
  clock: Clock;
};

const answerMs = 10_000;

/** Rejects BROKER_UNREACHABLE, and BROKER_REFUSED with the return code of CONNACK in `details`. */
export function openSimulatedLink(options: SimulatedLinkOptions): Promise<SimulatedLink> {
  const { clock, keepAliveS = 30 } = options;
  const url = new URL(options.url);
  const where = { host: url.hostname, port: Number(url.port || (url.protocol === 'mqtts:' ? 8883 : 1883)) };
  const socket: Socket =
    url.protocol === 'mqtts:'
      ? connectTls({ ...where, servername: 'localhost', ...(options.caPem === undefined ? {} : { ca: options.caPem }) })
      : connectTcp(where);
  return new Promise((resolve, reject) => {
    const unreachable = (why: string): void =>
      reject(
        new TramError('BROKER_UNREACHABLE', `${options.url}: ${why}. Check the address and that the broker has gateways in its config.`),
      );
    const late = clock.after(answerMs, () => socket.destroy(new Error('no answer')));
    let heard = Buffer.alloc(0);
    let ping: { cancel(): void } | undefined;
    const subscribed: ((code: number) => void)[] = [];
    const ended = new Promise<void>((done) => socket.once('close', () => done()));
    socket.on('error', (error) => unreachable(error.message));
    socket.once('close', () => {
      late.cancel();
      ping?.cancel();
      unreachable('the connection was closed');
    });
    socket.on('data', (chunk: Buffer) => {
      heard = Buffer.concat([heard, chunk]);
      // what the broker sends to such a client is shorter than 128 bytes
      while (heard.length >= 2 && heard.length >= 2 + heard[1]!) {
        const packet = heard.subarray(0, 2 + heard[1]!);
        heard = heard.subarray(packet.length);
        if (packet[0] === 0x20) answered(packet[3]!);
        if (packet[0] === 0x90) subscribed.shift()?.(packet.at(-1)!);
      }
    });
    const answered = (code: number): void => {
      late.cancel();
      if (code !== 0) {
        socket.destroy();
        const says = `the broker refused the sign-in (return code ${code}); check user name and password, and that the entry is for this kind: the broker's log says why, after "refused:".`;
        reject(new TramError('BROKER_REFUSED', says, { details: { returnCode: code } }));
        return;
      }
      ping = every(clock, (keepAliveS * 1_000) / 2, () => void socket.write(Uint8Array.of(0xc0, 0)));
      resolve({
        ended,
        publish: (message) => void socket.write(publishPacket(message)),
        subscribe: (filter) =>
          new Promise((done) => {
            subscribed.push(done);
            socket.write(packetOf(0x82, [0, 1], textField(filter), [0]));
          }),
        async close() {
          socket.end(Uint8Array.of(0xe0, 0));
          await ended;
        },
        drop: () => socket.resetAndDestroy(),
      });
    };
    socket.write(connectPacket({ ...options, keepAliveS }));
  });
}

function connectPacket({ clientId, user, password, will, keepAliveS }: SimulatedLinkOptions & { keepAliveS: number }): Buffer {
  const flags = 0xc2 | (will === undefined ? 0 : 0x04 | (will.retain === true ? 0x20 : 0));
  const willFields = will === undefined ? [] : [textField(will.topic), textField(will.payload)];
  const head = [...textField('MQTT'), 4, flags, keepAliveS >> 8, keepAliveS & 0xff];
  return packetOf(0x10, head, textField(clientId), ...willFields, textField(user), textField(password));
}

function publishPacket({ topic, payload, retain }: SimulatedMessage): Buffer {
  return packetOf(retain === true ? 0x31 : 0x30, textField(topic), Buffer.from(payload));
}

function textField(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([Uint8Array.of(bytes.length >> 8, bytes.length & 0xff), bytes]);
}

function packetOf(opener: number, ...parts: (Uint8Array | number[])[]): Buffer {
  const body = Buffer.concat(parts.map((part) => Uint8Array.from(part)));
  const length: number[] = [];
  for (let left = body.length; ; left = Math.floor(left / 128)) {
    length.push((left % 128) + (left >= 128 ? 0x80 : 0));
    if (left < 128) break;
  }
  return Buffer.concat([Uint8Array.of(opener, ...length), body]);
}
