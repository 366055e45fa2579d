/** What every view may use: language, clock, and the words of a feature in the language of the person. */
import { createContext, useContext, useEffect, useState } from 'react';
import type { PageClock } from './page-clock.ts';
import { firstSettings, type Settings } from './settings.ts';

export type ScreenContext = { settings: Settings; clock: PageClock };
const Context = createContext<ScreenContext>({
  settings: firstSettings,
  clock: { wallMs: () => 0, monotonicMs: () => 0, after: () => ({ cancel: () => undefined }) },
});
export const ScreenProvider = Context.Provider;

export function useScreen(): ScreenContext {
  return useContext(Context);
}

export function useMessages<Messages>(both: { vi: Messages; en: Messages }): Messages {
  return both[useScreen().settings.language];
}

/** Monotonic time of the page, looked at every `periodMs`. */
export function useMonotonicMs(periodMs: number): number {
  const { clock } = useScreen();
  const [now, setNow] = useState(clock.monotonicMs());
  useEffect(() => {
    let timer = clock.after(periodMs, look);
    function look(): void {
      setNow(clock.monotonicMs());
      timer = clock.after(periodMs, look);
    }
    return () => timer.cancel();
  }, [clock, periodMs]);
  return now;
}
