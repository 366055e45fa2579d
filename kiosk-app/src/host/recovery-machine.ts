/** What to do when the page died: the gentlest step first, a stronger one when it keeps dying. Pure. */

export type Recovery = 'reload' | 'new-window' | 'relaunch';
/** When the page died lately, ms of one monotonic clock. */
export type Crashes = readonly number[];

const windowMs = 5 * 60_000;
/** A page that died four times in five minutes does not get well by loading again; then its window and storage are to blame; then the process. */
const reloads = 3;
const newWindows = 2;

export function afterCrash(crashes: Crashes, atMs: number): { crashes: Crashes; step: Recovery } {
  const lately = [...crashes.filter((crashMs) => atMs - crashMs < windowMs), atMs];
  const step = lately.length <= reloads ? 'reload' : lately.length <= reloads + newWindows ? 'new-window' : 'relaunch';
  return { crashes: lately, step };
}
