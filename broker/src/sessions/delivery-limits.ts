/** How much the broker keeps for clients that are slow or away. */
export type DeliveryLimits = {
  /** Messages and bytes of one session, on their way and waiting. A device hears a few a day; a week of a talkative service fits. */
  sessionMessages: number;
  sessionBytes: number;
  /** Of all sessions together; they are held in memory as well. */
  totalBytes: number;
  /** QoS 0 is dropped while a client has left this much unread. */
  waitingBytes: number;
  /** An agent has four. */
  sessionFilters: number;
  /** Kept sessions of one device, and of all: more than may be connected at once, so that there is always one to give up. */
  sessionsPerOwner: number;
  sessions: number;
  /** Thirty days without its client. */
  sessionHours: number;
  /** QoS 2 messages of one client between PUBLISH and PUBREL. */
  incoming: number;
  /** A presence and a desired document of every device of the largest site, several times over. */
  retainedMessages: number;
  retainedBytes: number;
};

export const deliveryLimits: DeliveryLimits = {
  sessionMessages: 10_000,
  sessionBytes: 4 * 1024 * 1024,
  totalBytes: 64 * 1024 * 1024,
  waitingBytes: 512 * 1024,
  sessionFilters: 100,
  sessionsPerOwner: 8,
  sessions: 2_000,
  sessionHours: 30 * 24,
  incoming: 100,
  retainedMessages: 10_000,
  retainedBytes: 32 * 1024 * 1024,
};
