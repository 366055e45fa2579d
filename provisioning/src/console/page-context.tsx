/** What main.tsx built once and every page may use. */
import { createContext, useContext, useEffect, useRef, useState } from 'react';
import type { Api } from './api/ask.ts';
import type { DraftStore } from './devices/draft-store.ts';
import type { PageClock } from './page-clock.ts';
import type { PreferenceStore } from './preferences.ts';
import type { LeaveGuard } from './routing/leave-guard.ts';

export type PageDeps = { clock: PageClock; api: Api; preferences: PreferenceStore; drafts: DraftStore; guard: LeaveGuard };
export const PageContext = createContext<PageDeps | undefined>(undefined);

export function usePage(): PageDeps {
  const deps = useContext(PageContext);
  if (deps === undefined) throw new Error('usePage stands outside PageContext');
  return deps;
}
export const useApi = (): Api => usePage().api;

/** The time, drawn anew every `periodMs`: for ages and countdowns. */
export function useNow(periodMs: number): number {
  const { clock } = usePage();
  const [now, setNow] = useState(() => clock.wallMs());
  useEffect(() => {
    let timer = clock.after(periodMs, tick);
    function tick(): void {
      setNow(clock.wallMs());
      timer = clock.after(periodMs, tick);
    }
    return () => timer.cancel();
  }, [clock, periodMs]);
  return now;
}

/** `fire` at most once per `gapMs`, the last call always honoured: for lists that are asked again while many events come in. */
export function useThrottled(fire: () => void, gapMs: number): () => void {
  const { clock } = usePage();
  const latest = useRef(fire);
  const timer = useRef<{ cancel(): void } | undefined>(undefined);
  useEffect(() => {
    latest.current = fire;
  });
  useEffect(() => () => timer.current?.cancel(), []);
  return () => {
    timer.current ??= clock.after(gapMs, () => {
      timer.current = undefined;
      latest.current();
    });
  };
}
