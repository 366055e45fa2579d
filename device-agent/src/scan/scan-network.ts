/** Asks the network of this computer, by the searches that protocols have. */
import type { ScanPort } from '@tramhoc/protocol/scan';
import type { ScanDeps, ScanWishes } from './scan.ts';
import { slotAt } from './slot-at.ts';

/** Devices answer within ten seconds; those that take longer are found the next time. */
const searchMs = 12_000;

export async function scanNetwork(
  { listenOnly = false }: ScanWishes,
  { definitions, slots, clock, signal }: ScanDeps & { signal: AbortSignal },
): Promise<ScanPort[]> {
  const searching = definitions.filter(({ discovery }) => discovery?.search !== undefined && (!listenOnly || discovery.searchIsQuiet));
  if (searching.length === 0) return [];
  const over = new AbortController();
  const stop = (): void => over.abort(new Error('the search is over'));
  const late = clock.after(searchMs, stop);
  signal.addEventListener('abort', stop, { once: true });
  try {
    const found = await Promise.all(
      searching.map(async ({ kind, discovery, configSchema, link }) => {
        const finds = await discovery!.search!({ clock, signal: over.signal }).catch(() => []);
        return finds.map(({ port, evidence, config = {} }): ScanPort => {
          const parsed = configSchema.safeParse({ port, ...config });
          const whole = parsed.success ? link(parsed.data).port : port;
          const slot = slotAt([port, whole], slots);
          return slot === undefined
            ? { port, state: 'found', kind, evidence: evidence.en, evidenceVi: evidence.vi, config: { ...config } }
            : { port, state: 'in-use', slot };
        });
      }),
    );
    return found.flat();
  } finally {
    late.cancel();
    signal.removeEventListener('abort', stop);
  }
}
