/** The device's one connection to its site broker: presence, the way up, the desired document down, questions across. */
import type { Clock } from '@tramhoc/base/clock';
import type { Identity } from '@tramhoc/base/identity';
import type { Log } from '@tramhoc/base/log';
import type { LinkState, MqttLink, MqttLinkOptions } from '@tramhoc/base/mqtt-link';
import type { Random } from '@tramhoc/base/random';
import type { Presence } from '@tramhoc/protocol/presence';
import { commandTopic, desiredTopic, eventsTopic, presenceTopic, type TopicOwner } from '@tramhoc/protocol/topics';
import { createQuestions, type Questions, responseTopics } from './questions.ts';

export type SiteLink = {
  readonly connected: boolean;
  /** A batch of events; resolves on PUBACK, rejects LINK_CLOSED. */
  publishEvents(payload: string): Promise<void>;
  ask: Questions['ask'];
  /** Reconnects under another certificate of the same device. */
  useIdentity(identity: Identity): Promise<void>;
  /** Says goodbye (presence) and disconnects; at most 3 s. */
  close(): Promise<void>;
};

export type OpenMqtt = (options: MqttLinkOptions) => MqttLink;
/** The will would say the same a little later. */
const goodbyeMs = 1_000;
const offline: Presence = { online: false };

export function openSiteLink({
  owner,
  brokerUrl,
  identity: first,
  agentVersion,
  openMqtt,
  onState,
  onDesired,
  onCommand,
  clock,
  random,
  log,
}: {
  owner: TopicOwner;
  brokerUrl: string;
  identity: Identity;
  agentVersion: string;
  openMqtt: OpenMqtt;
  /** Also told of each attempt that failed. */
  onState(state: LinkState): void;
  onDesired(payload: Buffer): void;
  onCommand(payload: Buffer): void;
  clock: Clock;
  random: Random;
  log: Log;
}): SiteLink {
  const questions = createQuestions({
    owner,
    clock,
    random,
    isConnected: () => link.connected,
    publish: (topic, payload) => link.publish(topic, payload),
  });
  const online: Presence = { online: true, bootid: clock.bootId, agentVersion };
  const connect = (identity: Identity): MqttLink => {
    const opened = openMqtt({
      url: brokerUrl,
      clientId: owner.deviceId,
      identity,
      will: { topic: presenceTopic(owner), payload: JSON.stringify(offline), retain: true },
      onState(state) {
        if (opened !== link) return;
        if (state.connected) {
          opened.publish(presenceTopic(owner), JSON.stringify(online), { retain: true }).catch(() => undefined);
        } else questions.linkLost();
        onState(state);
      },
      clock,
      random,
      log,
    });
    void opened.subscribe(desiredTopic(owner), ({ payload }) => onDesired(payload));
    void opened.subscribe(commandTopic(owner), ({ payload }) => onCommand(payload));
    for (const topic of responseTopics(owner)) void opened.subscribe(topic, ({ payload }) => questions.answered(payload));
    return opened;
  };
  let link: MqttLink = connect(first);
  return {
    get connected() {
      return link.connected;
    },
    publishEvents: (payload) => link.publish(eventsTopic(owner), payload),
    ask: questions.ask,
    async useIdentity(identity) {
      const before = link;
      // the broker lets one connection in per device: the old one goes first
      await before.close();
      questions.linkLost();
      onState({ connected: false, reason: 'changing to the new certificate' });
      link = connect(identity);
    },
    async close() {
      if (link.connected) {
        const late = Promise.withResolvers<void>();
        const timer = clock.after(goodbyeMs, late.resolve);
        const said = link.publish(presenceTopic(owner), JSON.stringify(offline), { retain: true }).catch(() => undefined);
        await Promise.race([said, late.promise]);
        timer.cancel();
      }
      questions.linkLost();
      await link.close();
    },
  };
}
