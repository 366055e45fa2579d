/** Tells the centre which requests nobody sat in front of: pages ask again by themselves when there is news, and that keeps no session alive. */
import { unattendedHeader } from '../../api/unattended.ts';
import type { PageClock } from '../page-clock.ts';

/** Long enough to read a page. */
const attendedMs = 10 * 60_000;

export function attendedFetch({ clock, page, fetch }: { clock: PageClock; page: EventTarget; fetch: typeof globalThis.fetch }) {
  let touchedMs = clock.wallMs();
  const touched = (): void => {
    touchedMs = clock.wallMs();
  };
  for (const kind of ['pointerdown', 'keydown', 'wheel']) page.addEventListener(kind, touched, { capture: true, passive: true });
  return ((url, init) => {
    if (clock.wallMs() - touchedMs < attendedMs) return fetch(url, init);
    const headers = new Headers(init?.headers);
    headers.set(unattendedHeader, '1');
    return fetch(url, { ...init, headers });
  }) satisfies typeof globalThis.fetch;
}
