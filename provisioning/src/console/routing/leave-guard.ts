/** The page on the screen that holds input which is not sent yet, if there is one, is asked before anybody leaves it. Made once, by main.tsx. */
export type LeaveGuard = {
  /** Calls `go` when the person agrees, and not at all when they stay. */
  ask: ((go: () => void) => void) | undefined;
};

export function leaving(guard: LeaveGuard, go: () => void): void {
  if (guard.ask === undefined) go();
  else guard.ask(go);
}
