/** The air of a site: asked for, then extended by each live reading. */
import { eventData } from '@tramhoc/protocol/event';
import { type Asked, useAsked } from '../api/asked.ts';
import { useLive } from '../api/live.tsx';
import { useApi } from '../page-context.tsx';
import { type AirSeries, withReading } from './air-series.ts';

export { chartGroups } from './air-series.ts';

export function useAir(siteId: string | undefined, hours: number): [Asked<AirSeries[]>, () => void] {
  const api = useApi();
  const [asked, { reload, change }] = useAsked(
    siteId === undefined ? undefined : `air ${siteId} ${hours}`,
    async (signal) => (await api.ask('air', { query: { site: siteId ?? '', hours }, signal })).series,
  );
  useLive((message) => {
    if (message.kind !== 'event' || message.event.siteId !== siteId || message.event.type !== 'vn.tramhoc.sensor.reading.v1') return;
    const { event } = message;
    const data = eventData['vn.tramhoc.sensor.reading.v1'].safeParse(event.data);
    if (!data.success || event.siteTimeMs === null) return;
    const { slot, measurements } = data.data;
    const atMs = event.siteTimeMs;
    const known = asked.state === 'ready' && asked.value.some((series) => series.deviceId === event.deviceId && series.slot === slot);
    if (known) change((series) => withReading(series, { deviceId: event.deviceId, slot, atMs, measurements }));
    else reload();
  }, reload);
  return [asked, reload];
}
