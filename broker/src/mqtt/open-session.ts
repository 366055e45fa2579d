/** What a client says once it is connected, packet by packet. Source: MQTT 3.1.1, 3.3 to 3.12. */
import type { MqttRules } from '../mqtt-rules.ts';
import type { Inbound, Sender } from '../sessions/inbound.ts';
import type { Session } from '../sessions/session.ts';
import type { SessionBook } from '../sessions/session-book.ts';
import type { Answers } from './answers.ts';
import { type Clause, types } from './packet-check.ts';
import type { Packet } from './packet-reader.ts';
import { decodeFilters, decodePublish, encodeAnswer, encodePubrel, encodeSuback, messageIdOf, pingresp } from './packets.ts';

/** Our deepest topic has six levels. */
const maxTopicLevels = 8;
/** Return code of SUBACK. */
const refused = 128;
const nothing = Buffer.alloc(0);

export type OpenSession<Peer> = Sender<Peer> & { readonly session: Session<Peer> };

/** Takes every packet but CONNECT and DISCONNECT. `end` ends the connection: the client did what it may not, or the store refuses; `fail`: it broke a clause. */
export function createSessionTalk<Peer>(parts: {
  rules: MqttRules<Peer>;
  book: SessionBook<Peer>;
  inbound: Inbound<Peer>;
  answers: Answers;
  write(bytes: Buffer): void;
  end(why: string): void;
  fail(clause: Clause): void;
}): (sender: OpenSession<Peer>, packet: Packet) => void {
  const { rules, book, inbound, answers, write, end, fail } = parts;

  const answerAfter = (work: Promise<unknown>, answer: () => Buffer, then: () => void = () => undefined): void => {
    const slot = answers.due(0);
    work.then(
      () => {
        answers.ready(slot, answer());
        then();
      },
      (error: Error) => end(error.message),
    );
  };

  const publish = (sender: OpenSession<Peer>, packet: Packet): void => {
    const message = decodePublish(packet);
    const { qos, messageId } = message;
    if (levelsOf(message.topic) > maxTopicLevels) {
      end('topic with too many levels');
      return;
    }
    const slot = answers.due(packet.to - packet.from);
    inbound.take(sender, { ...message, isWill: false }, (error) => {
      if (error) end(error.message);
      else answers.ready(slot, qos === 0 ? nothing : encodeAnswer(qos === 1 ? 'puback' : 'pubrec', messageId));
    });
  };

  const subscribe = ({ session, peer }: OpenSession<Peer>, packet: Packet): void => {
    const { messageId, filters } = decodeFilters(packet);
    let codes: number[] = [];
    const work = filters.map(async ({ filter, qos }) => {
      if (levelsOf(filter) > maxTopicLevels || !rules.subscribe(peer, filter)) return refused;
      return (await book.subscribe(session, filter, qos)) ? qos : refused;
    });
    const all = Promise.all(work).then((granted) => {
      codes = granted;
    });
    const greet = (): void => {
      for (const [at, { filter, qos }] of filters.entries()) if (codes[at] !== refused) book.sendRetained(session, filter, qos);
    };
    answerAfter(all, () => encodeSuback(messageId, codes), greet);
  };

  const unsubscribe = ({ session }: OpenSession<Peer>, packet: Packet): void => {
    const { messageId, filters } = decodeFilters(packet);
    const names = filters.map(({ filter }) => filter);
    answerAfter(book.unsubscribe(session, names), () => encodeAnswer('unsuback', messageId));
  };

  const acknowledge = ({ session }: OpenSession<Peer>, packet: Packet): void => {
    const messageId = messageIdOf(packet);
    if (packet.type === types.pubrel) answerAfter(book.release(session, messageId), () => encodeAnswer('pubcomp', messageId));
    else if (packet.type === types.pubrec) {
      const kept = book.received(session, messageId);
      if (kept === false) fail('MQTT-4.8.0-1');
      else answerAfter(kept, () => encodePubrel(messageId));
    } else if (!book.done(session, messageId, packet.type === types.puback ? 'puback' : 'pubcomp')) fail('MQTT-4.8.0-1');
  };

  return (sender, packet) => {
    if (packet.type === types.publish) publish(sender, packet);
    else if (packet.type === types.pingreq) write(pingresp);
    else if (packet.type === types.subscribe) subscribe(sender, packet);
    else if (packet.type === types.unsubscribe) unsubscribe(sender, packet);
    else acknowledge(sender, packet);
  };
}

function levelsOf(topic: string): number {
  let levels = 1;
  for (let at = topic.indexOf('/'); at !== -1; at = topic.indexOf('/', at + 1)) levels += 1;
  return levels;
}
