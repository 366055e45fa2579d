/** Time and timers of the page, handed to whoever needs them; tests hand in one that they move themselves. */
export type PageTimer = { cancel(): void };
export type PageClock = {
  /** Milliseconds since 1970 by the computer that shows the page. */
  wallMs(): number;
  after(delayMs: number, fire: () => void): PageTimer;
};

export function browserClock(): PageClock {
  return {
    wallMs: () => Date.now(),
    after(delayMs, fire) {
      const handle = setTimeout(fire, delayMs);
      return { cancel: () => clearTimeout(handle) };
    },
  };
}
