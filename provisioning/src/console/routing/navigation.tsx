/** Where the page is, kept in the browser's history. */
import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useState } from 'react';
import { RouterProvider } from 'react-aria-components';
import { type Address, type Page, readAddress, writeAddress } from './page-address.ts';

type Navigation = {
  address: Address;
  go(href: string): void;
  /** Changes filters of the page one is on without a new entry in the history. */
  refine(search: Readonly<Record<string, string | undefined>>): void;
};
const NavigationContext = createContext<Navigation | undefined>(undefined);

export function NavigationProvider({ children }: { children: ReactNode }): ReactNode {
  const [address, setAddress] = useState(() => readAddress(window.location));
  useEffect(() => {
    const follow = (): void => setAddress(readAddress(window.location));
    window.addEventListener('popstate', follow);
    return () => window.removeEventListener('popstate', follow);
  }, []);
  const go = useCallback((href: string) => {
    window.history.pushState(null, '', href);
    setAddress(readAddress(window.location));
    window.scrollTo(0, 0);
  }, []);
  const refine = useCallback((change: Readonly<Record<string, string | undefined>>) => {
    const now = readAddress(window.location);
    window.history.replaceState(null, '', writeAddress(now.page, { ...now.search, ...change }));
    setAddress(readAddress(window.location));
  }, []);
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
