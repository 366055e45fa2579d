/** Answers of one connection, in the order of what they answer [MQTT-4.6.0-2] [MQTT-4.6.0-3], whichever is ready first. */

export type Slot = { answer: Buffer | undefined; cost: number };
export type Answers = {
  /** Something is to be answered; `cost` bytes of it are held until then. */
  due(cost: number): Slot;
  /** Empty bytes: nothing is said. */
  ready(slot: Slot, answer: Buffer): void;
  /** So much is unanswered that nothing more should be taken. */
  isFull(): boolean;
  isEmpty(): boolean;
};

/** Of one client, not answered yet. */
const maxUnanswered = 500;
const maxUnansweredBytes = 128 * 1024;

/** `onRoom`: it was full and is no more, or everything has been answered. */
export function createAnswers({ write, onRoom }: { write(bytes: Buffer): void; onRoom(): void }): Answers {
  let slots: Slot[] = [];
  let head = 0;
  let bytes = 0;
  const isFull = (): boolean => slots.length - head >= maxUnanswered || bytes >= maxUnansweredBytes;
  return {
    isFull,
    isEmpty: () => slots.length === 0,
    due(cost) {
      const slot: Slot = { answer: undefined, cost };
      slots.push(slot);
      bytes += cost;
      return slot;
    },
    ready(slot, answer) {
      const wasFull = isFull();
      slot.answer = answer;
      for (let next = slots[head]; next?.answer !== undefined; next = slots[head]) {
        if (next.answer.length > 0) write(next.answer);
        bytes -= next.cost;
        head += 1;
      }
      if (head === slots.length) {
        slots = [];
        head = 0;
      }
      if (slots.length === 0 || (wasFull && !isFull())) onRoom();
    },
  };
}
