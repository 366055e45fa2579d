/** The last message of each topic that was published to be kept. Source: MQTT 3.1.1, 3.3.1.3. */
import type { DeliveryLimits } from './delivery-limits.ts';
import type { Message } from './outbox-machine.ts';
import { createTopicTree } from './topic-tree.ts';

export type RetainedMessages = {
  get(topic: string): Message | undefined;
  /** An empty payload deletes [MQTT-3.3.1-10]. False: there is no room for one more, and nothing has changed. */
  put(message: Message): boolean;
  matchedBy(filter: string): Message[];
  count(): number;
};

export function createRetainedMessages(limits: Pick<DeliveryLimits, 'retainedMessages' | 'retainedBytes'>): RetainedMessages {
  const byTopic = createTopicTree<Message>();
  let count = 0;
  let bytes = 0;
  return {
    get: byTopic.get,
    put(message) {
      const before = byTopic.get(message.topic);
      const { length } = message.payload;
      const nextCount = count + (length > 0 ? 1 : 0) - (before === undefined ? 0 : 1);
      const nextBytes = bytes + length - (before?.payload.length ?? 0);
      if (nextCount > Math.max(count, limits.retainedMessages) || nextBytes > Math.max(bytes, limits.retainedBytes)) return false;
      if (length > 0) byTopic.set(message.topic, { ...message, retain: true });
      else byTopic.delete(message.topic);
      count = nextCount;
      bytes = nextBytes;
      return true;
    },
    matchedBy: byTopic.matchedBy,
    count: () => count,
  };
}
