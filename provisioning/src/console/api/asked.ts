/** A question to the centre and the state of its answer on the screen. */
import { useCallback, useEffect, useRef, useState } from 'react';
import { type Fault, faultOf } from './ask.ts';

/** While it is asked again the old value stays on the screen; a fault then stands beside it. */
export type Asked<Value> =
  | { state: 'loading' }
  | { state: 'failed'; fault: Fault }
  | { state: 'ready'; value: Value; fault: Fault | undefined };
export type AskedActions<Value> = {
  /** Asks again. */
  reload(): void;
  /** Puts what is already known (a live message, the answer to a change) into the value. */
  change(how: (value: Value) => Value): void;
};

/** Asks when `key` changes (never with key undefined); an answer that comes late for an old key is dropped. */
export function useAsked<Value>(
  key: string | undefined,
  load: (signal: AbortSignal) => Promise<Value>,
): [Asked<Value>, AskedActions<Value>] {
  const [asked, setAsked] = useState<{ key: string | undefined; asked: Asked<Value> }>({ key, asked: { state: 'loading' } });
  const [round, setRound] = useState(0);
  const loader = useRef(load);
  useEffect(() => {
    loader.current = load;
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: round asks again
  useEffect(() => {
    if (key === undefined) return;
    const abort = new AbortController();
    setAsked((old) => (old.key === key ? old : { key, asked: { state: 'loading' } }));
    loader.current(abort.signal).then(
      (value) => {
        if (!abort.signal.aborted) setAsked({ key, asked: { state: 'ready', value, fault: undefined } });
      },
      (error: unknown) => {
        if (abort.signal.aborted) return;
        const fault = faultOf(error);
        setAsked((old) => ({ key, asked: old.asked.state === 'ready' ? { ...old.asked, fault } : { state: 'failed', fault } }));
      },
    );
    return () => abort.abort();
  }, [key, round]);
  const reload = useCallback(() => setRound((old) => old + 1), []);
  const change = useCallback(
    (how: (value: Value) => Value) =>
      setAsked((old) => (old.asked.state === 'ready' ? { key: old.key, asked: { ...old.asked, value: how(old.asked.value) } } : old)),
    [],
  );
  return [asked.key === key ? asked.asked : { state: 'loading' }, { reload, change }];
}

/** One change that a person asked for: runs one at a time, keeps the fault for the screen. */
export function useAction<Input, Output>(
  run: (input: Input) => Promise<Output>,
): { go(input: Input): Promise<Output | undefined>; running: boolean; fault: Fault | undefined; clear(): void } {
  const [state, setState] = useState<{ running: boolean; fault: Fault | undefined }>({ running: false, fault: undefined });
  const busy = useRef(false);
  return {
    ...state,
    clear: () => setState({ running: false, fault: undefined }),
    async go(input) {
      if (busy.current) return undefined;
      busy.current = true;
      setState({ running: true, fault: undefined });
      try {
        const output = await run(input);
        setState({ running: false, fault: undefined });
        return output;
      } catch (error) {
        setState({ running: false, fault: faultOf(error) });
        return undefined;
      } finally {
        busy.current = false;
      }
    },
  };
}
