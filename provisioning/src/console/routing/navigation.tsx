/** Where the page is, kept in the browser's history. */
import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useRef, useState } from 'react';
import { RouterProvider } from 'react-aria-components';
import { usePage } from '../page-context.tsx';
import { leaving } from './leave-guard.ts';
import { type Address, type Page, readAddress, writeAddress } from './page-address.ts';

type Navigation = {
  address: Address;
  go(href: string): void;
  /** Changes filters of the page one is on without a new entry in the history. */
  refine(search: Readonly<Record<string, string | undefined>>): void;
};
const NavigationContext = createContext<Navigation | undefined>(undefined);

/** How many steps from where the tab came in; kept in the entries of the history, so that a step that is not wanted can be taken back. */
const placeOf = (state: unknown): number | undefined => (state as { place?: number } | null)?.place;
const isSamePage = (a: Address, b: Address): boolean => JSON.stringify(a.page) === JSON.stringify(b.page);

export function NavigationProvider({ children }: { children: ReactNode }): ReactNode {
  const { guard } = usePage();
  const [address, setAddress] = useState(() => readAddress(window.location));
  const shown = useRef({ place: placeOf(window.history.state) ?? 0, address });
  const show = useCallback((place: number) => {
    shown.current = { place, address: readAddress(window.location) };
    setAddress(shown.current.address);
  }, []);
  useEffect(() => {
    window.history.replaceState({ place: shown.current.place }, '');
    const follow = ({ state }: PopStateEvent): void => {
      // an entry without a place: a link to a part of the page made it
      const place = placeOf(state) ?? shown.current.place + 1;
      if (placeOf(state) === undefined) window.history.replaceState({ place }, '');
      const steps = place - shown.current.place;
      if (guard.ask === undefined || isSamePage(readAddress(window.location), shown.current.address)) show(place);
      else {
        window.history.go(-steps);
        guard.ask(() => window.history.go(steps));
      }
    };
    window.addEventListener('popstate', follow);
    return () => window.removeEventListener('popstate', follow);
  }, [guard, show]);
  const go = useCallback(
    (href: string) => {
      const step = (): void => {
        const place = shown.current.place + 1;
        window.history.pushState({ place }, '', href);
        show(place);
        window.scrollTo(0, 0);
      };
      if (isSamePage(readAddress(new URL(href, window.location.href)), shown.current.address)) step();
      else leaving(guard, step);
    },
    [guard, show],
  );
  const refine = useCallback(
    (change: Readonly<Record<string, string | undefined>>) => {
      const now = readAddress(window.location);
      window.history.replaceState(window.history.state, '', writeAddress(now.page, { ...now.search, ...change }));
      show(shown.current.place);
    },
    [show],
  );
  const navigation = useMemo(() => ({ address, go, refine }), [address, go, refine]);
  return (
    <NavigationContext value={navigation}>
      <RouterProvider navigate={go}>{children}</RouterProvider>
    </NavigationContext>
  );
}

export function useNavigation(): Navigation {
  const navigation = useContext(NavigationContext);
  if (navigation === undefined) throw new Error('useNavigation stands outside NavigationProvider');
  return navigation;
}

export const linkTo = (page: Page, search?: Readonly<Record<string, string | undefined>>): string => writeAddress(page, search);
