/**
 * Which rows of the outbox are sent next. Rows go out oldest first, a few batches at a time; whatever was not acknowledged when the connection ended
 * is sent again from the oldest row on. So nothing is lost, order is kept by first arrival, and repeats happen (they are harmless).
 */

/** A batch on its way: the positions of its rows in the outbox. */
export type Batch = { id: number; positions: readonly number[] };
export type DrainState = {
  connected: boolean;
  /** After a refusal that did not end the connection: nothing is sent until `resume`. */
  paused: boolean;
  /** Rows up to this position are under way or gone. 0: start from the oldest. */
  cursor: number;
  inFlight: readonly Batch[];
  nextId: number;
};

export type DrainEvent =
  | { type: 'connected' }
  | { type: 'disconnected' }
  | { type: 'sent'; positions: readonly number[] }
  /** PUBACK for a batch, maybe of an earlier connection. */
  | { type: 'acknowledged'; id: number }
  /** The publish was refused while the connection stands. */
  | { type: 'refused'; id: number }
  | { type: 'resume' };

/** Enough to hide the round trip and the broker's commit; little enough that a lost connection repeats only a few batches. */
export const maxInFlight = 4;

export const idleDrain: DrainState = { connected: false, paused: false, cursor: 0, inFlight: [], nextId: 1 };

/** Where to read the next batch, or undefined when nothing may be sent now. */
export function nextRead(state: DrainState): { afterPosition: number } | undefined {
  return state.connected && !state.paused && state.inFlight.length < maxInFlight ? { afterPosition: state.cursor } : undefined;
}

export function drainStep(state: DrainState, event: DrainEvent): DrainState {
  switch (event.type) {
    case 'connected':
      return { ...state, connected: true, paused: false, cursor: 0, inFlight: [] };
    case 'disconnected':
      return { ...state, connected: false, paused: false, cursor: 0, inFlight: [] };
    case 'sent': {
      const last = event.positions.at(-1);
      if (!state.connected || last === undefined) return state;
      return {
        ...state,
        cursor: last,
        inFlight: [...state.inFlight, { id: state.nextId, positions: event.positions }],
        nextId: state.nextId + 1,
      };
    }
    case 'acknowledged':
      return { ...state, inFlight: state.inFlight.filter(({ id }) => id !== event.id) };
    case 'refused': {
      const mine = state.inFlight.some(({ id }) => id === event.id);
      return mine ? { ...state, paused: true, inFlight: state.inFlight.filter(({ id }) => id !== event.id) } : state;
    }
    case 'resume':
      return state.paused ? { ...state, paused: false, cursor: 0 } : state;
    default:
      return event satisfies never;
  }
}
