/** Events of a filter: a page from the centre, older pages on demand, new ones from the live stream; paused, the new ones wait. */
import { useEffect, useRef, useState } from 'react';
import type { LiveMessage, StoredEvent } from '../../api/contract.ts';
import { type Asked, useAsked } from '../api/asked.ts';
import { useLive } from '../api/live.tsx';
import { useApi } from '../page-context.tsx';

export type EventFilter = { site?: string | undefined; device?: string | undefined; type?: string | undefined };
export type Feed = { events: StoredEvent[]; more: boolean };

/** The browser keeps this many of the newest; older ones come back with "show older". */
export const maxKeptEvents = 1_000;
/** While paused no more than this many wait; the rest are fetched when it goes on. */
const maxWaiting = 500;
const pageEvents = 100;

export function useEventFeed(filter: EventFilter, { paused }: { paused: boolean }) {
  const api = useApi();
  const key = JSON.stringify([filter.site, filter.device, filter.type]);
  const query = {
    ...(filter.site && { site: filter.site }),
    ...(filter.device && { device: filter.device }),
    ...(filter.type && { type: filter.type }),
  };
  const [asked, { reload, change }] = useAsked<Feed>(`events ${key}`, (signal) =>
    api.ask('listEvents', { query: { ...query, limit: pageEvents }, signal }),
  );
  const [waiting, setWaiting] = useState<{ key: string; events: StoredEvent[] }>({ key, events: [] });
  const mine = waiting.key === key ? waiting.events : [];
  const pausedNow = useRef(paused);
  useEffect(() => {
    pausedNow.current = paused;
  });
  useLive((message: LiveMessage) => {
    if (message.kind !== 'event' || !fits(message.event, filter)) return;
    if (pausedNow.current)
      setWaiting((old) => ({ key, events: [message.event, ...(old.key === key ? old.events : [])].slice(0, maxWaiting) }));
    else change((feed) => withEvents(feed, [message.event]));
  }, reload);
  const flush = (): void => {
    if (mine.length >= maxWaiting) reload();
    else change((feed) => withEvents(feed, mine));
    setWaiting({ key, events: [] });
  };
  const older = async (): Promise<void> => {
    if (asked.state !== 'ready') return;
    const last = asked.value.events.at(-1);
    if (last === undefined) return;
    const page = await api.ask('listEvents', { query: { ...query, before: last.position, limit: pageEvents } });
    change((feed) => ({ events: [...feed.events, ...page.events.filter(({ position }) => position < last.position)], more: page.more }));
  };
  return { asked: asked as Asked<Feed>, reload, waiting: mine.length, flush, older };
}

function fits(event: StoredEvent, { site, device, type }: EventFilter): boolean {
  return (!site || event.siteId === site) && (!device || event.deviceId === device) && (!type || event.type === type);
}

/** New events in front, newest position first, each once. */
export function withEvents(feed: Feed, fresh: readonly StoredEvent[]): Feed {
  const known = new Set(feed.events.map(({ position }) => position));
  const added = fresh.filter(({ position }) => !known.has(position));
  if (added.length === 0) return feed;
  const events = [...added, ...feed.events].sort((a, b) => b.position - a.position);
  return events.length > maxKeptEvents ? { events: events.slice(0, maxKeptEvents), more: true } : { ...feed, events };
}
