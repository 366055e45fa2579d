/** The live stream for the pages: its state for the indicator, its messages for whoever listens. */
import { createContext, type ReactNode, useContext, useEffect, useMemo, useRef, useState } from 'react';
import type { LiveMessage } from '../../api/contract.ts';
import { usePage } from '../page-context.tsx';
import { type LiveSource, type LiveState, startLive } from './live-link.ts';

type Listener = { message(message: LiveMessage): void; gap(): void };
type Live = { state: LiveState; listeners: Set<Listener> };
const LiveContext = createContext<Live>({ state: 'connecting', listeners: new Set() });

export function LiveProvider({ children }: { children: ReactNode }): ReactNode {
  const { clock } = usePage();
  const [state, setState] = useState<LiveState>('connecting');
  const [listeners] = useState(() => new Set<Listener>());
  useEffect(() => {
    const link = startLive({
      clock,
      open: () => new EventSource('/api/live') as LiveSource,
      onState: setState,
      onMessage: (message) => {
        for (const listener of listeners) listener.message(message);
      },
      onGap: () => {
        for (const listener of listeners) listener.gap();
      },
    });
    return () => link.stop();
  }, [clock, listeners]);
  const live = useMemo(() => ({ state, listeners }), [state, listeners]);
  return <LiveContext value={live}>{children}</LiveContext>;
}

export const useLiveState = (): LiveState => useContext(LiveContext).state;

/** Calls `message` for each message and `gap` when some may have been missed. Both may change from drawing to drawing. */
export function useLive(message: (message: LiveMessage) => void, gap: () => void): void {
  const { listeners } = useContext(LiveContext);
  const latest = useRef<Listener>({ message, gap });
  useEffect(() => {
    latest.current = { message, gap };
  });
  useEffect(() => {
    const listener: Listener = { message: (value) => latest.current.message(value), gap: () => latest.current.gap() };
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
    };
  }, [listeners]);
}
