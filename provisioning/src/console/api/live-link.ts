/** The stream of what happens now (server-sent events). It reconnects for ever; after each gap the pages ask their lists again. */
import { LiveMessage } from '../../api/contract.ts';
import type { PageClock, PageTimer } from '../page-clock.ts';

export type LiveState = 'connecting' | 'live' | 'lost';
/** The part of EventSource that is used; a test hands in its own. */
export type LiveSource = {
  addEventListener(kind: string, listen: (event: { data?: unknown }) => void): void;
  close(): void;
  readonly readyState: number;
};
export type LiveDeps = {
  clock: PageClock;
  open(): LiveSource;
  onMessage(message: LiveMessage): void;
  onState(state: LiveState): void;
  /** The link is back after a loss: something may have been missed. */
  onGap(): void;
};

const kinds: readonly LiveMessage['kind'][] = ['event', 'device', 'site', 'enrolments', 'beat'];
const closed = 2;
/** The browser reconnects by itself after a broken line, but gives up when the centre answers with an error; then we open anew. */
const firstRetryMs = 2_000;
const lastRetryMs = 30_000;
/** The centre tells something every 10 s; a link that is silent for longer than two of them is gone, whatever the browser believes of it. */
const silentMs = 25_000;

export function startLive({ clock, open, onMessage, onState, onGap }: LiveDeps): { stop(): void } {
  let source: LiveSource | undefined;
  let retry: PageTimer | undefined;
  let watch: PageTimer | undefined;
  let retryMs = firstRetryMs;
  let stopped = false;
  let wasLive = false;

  const connect = (): void => {
    const mine = open();
    source = mine;
    heard(mine);
    mine.addEventListener('open', () => {
      if (stopped) return;
      heard(mine);
      retryMs = firstRetryMs;
      onState('live');
      if (wasLive) onGap();
      wasLive = true;
    });
    mine.addEventListener('error', () => {
      if (stopped) return;
      onState(wasLive ? 'lost' : 'connecting');
      if (mine.readyState === closed) again();
    });
    for (const kind of kinds)
      mine.addEventListener(kind, ({ data }) => {
        const message = readMessage(data);
        if (stopped || mine !== source) return;
        heard(mine);
        if (message !== undefined) onMessage(message);
      });
  };
  const heard = (from: LiveSource): void => {
    watch?.cancel();
    watch = clock.after(silentMs, () => {
      from.close();
      onState(wasLive ? 'lost' : 'connecting');
      again();
    });
  };
  const again = (): void => {
    watch?.cancel();
    if (retry !== undefined) return;
    retry = clock.after(retryMs, () => {
      retry = undefined;
      connect();
    });
    retryMs = Math.min(lastRetryMs, retryMs * 2);
  };

  onState('connecting');
  connect();
  return {
    stop() {
      stopped = true;
      retry?.cancel();
      watch?.cancel();
      source?.close();
    },
  };
}

/** A message of a newer centre that this page does not know is passed over; the lists still show its effect. */
function readMessage(data: unknown): LiveMessage | undefined {
  try {
    const parsed = LiveMessage.safeParse(JSON.parse(String(data)));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
