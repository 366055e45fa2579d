/**
 * How much of one device is under way to the disk at a time. What is more waits in a line of its own, so that a commit holds at most this much of a
 * mad device, and the others wait for one commit whatever it sends.
 */

export type FairShare = {
  /** Undefined: go on. Else it is your turn when it settles; turns come in the order of asking. Each `enter` is followed by one `leave`. */
  enter(key: string, bytes: number): Promise<void> | undefined;
  leave(key: string, bytes: number): void;
};

type Lane = { underWay: number; waiting: { bytes: number; go(): void }[] };

/** At least one is let through, whatever its size. Waiting is bounded by who asks: a connection reads on when it has been answered. */
export function createFairShare({ bytes: maxBytes }: { bytes: number }): FairShare {
  const lanes = new Map<string, Lane>();
  const fits = ({ underWay }: Lane, bytes: number): boolean => underWay === 0 || underWay + bytes <= maxBytes;
  return {
    enter(key, bytes) {
      const lane = lanes.get(key) ?? { underWay: 0, waiting: [] };
      lanes.set(key, lane);
      if (lane.waiting.length === 0 && fits(lane, bytes)) {
        lane.underWay += bytes;
        return undefined;
      }
      return new Promise((go) => lane.waiting.push({ bytes, go }));
    },
    leave(key, bytes) {
      const lane = lanes.get(key);
      if (lane === undefined) return;
      lane.underWay -= bytes;
      while (lane.waiting.length > 0 && fits(lane, lane.waiting[0]!.bytes)) {
        const next = lane.waiting.shift()!;
        lane.underWay += next.bytes;
        next.go();
      }
      if (lane.underWay === 0 && lane.waiting.length === 0) lanes.delete(key);
    },
  };
}
