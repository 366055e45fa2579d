/** Looks at the ports of this computer and at the network around it: what is there, what it is, and what stands in the way. */
import type { Clock } from '@tramhoc/base/clock';
import { maxScanPorts, type ScanPort } from '@tramhoc/protocol/scan';
import type { AnyDriverDefinition } from '../drivers/driver.ts';
import type { OpenLink } from '../drivers/slot.ts';
import type { HidDevice } from '../transports/hid.ts';
import { hidPorts } from './hid-ports.ts';
import { scanNetwork } from './scan-network.ts';
import { scanSerialPort } from './scan-serial-port.ts';
import type { FoundPort } from './serial-ports.ts';

export type ScanWishes = {
  /** Ask on serial lines for Modbus devices too. */
  modbus?: boolean;
  /** Not a single question on serial lines, no search on the network. */
  listenOnly?: boolean;
  /** Ports that the system does not list: pseudo-terminals, device servers (`tcp://192.168.1.30:4001`). */
  extraPorts?: readonly string[];
};
export type ScanDeps = {
  definitions: readonly AnyDriverDefinition[];
  openLink: OpenLink;
  listSerialPorts(): Promise<FoundPort[]>;
  listHid(): Promise<HidDevice[]>;
  /** Port -> slot that runs there, as configured. Such a port is never opened. */
  slots: ReadonlyMap<string, string>;
  clock: Clock;
  signal?: AbortSignal;
  /** Of each port when it is known, in the order in which they are known. */
  onPort?(port: ScanPort): void;
};

/** A port takes about a quarter of a minute with every question, the network half a minute. */
const giveUpMs = 120_000;
/** What a cheap USB hub carries without stumbling. */
const portsAtOnce = 4;

/** Sorted: what was found first. `more`: ports that found no room in the list. */
export async function scanHardware(wishes: ScanWishes, deps: ScanDeps): Promise<{ ports: ScanPort[]; more: number }> {
  const over = new AbortController();
  const late = deps.clock.after(giveUpMs, () => over.abort(new Error('the scan took too long')));
  const stop = (): void => over.abort(deps.signal?.reason);
  deps.signal?.addEventListener('abort', stop, { once: true });
  if (deps.signal?.aborted === true) stop();
  const tell = (ports: ScanPort[]): ScanPort[] => {
    for (const port of ports) deps.onPort?.(port);
    return ports;
  };
  try {
    const found = await Promise.all([
      scanSerial(wishes, { ...deps, signal: over.signal }, tell),
      deps.listHid().then((devices) => tell(hidPorts(devices, deps))),
      scanNetwork(wishes, { ...deps, signal: over.signal }).then(tell),
    ]);
    const all = found.flat().sort((a, b) => rank(a) - rank(b));
    return { ports: all.slice(0, maxScanPorts), more: Math.max(0, all.length - maxScanPorts) };
  } finally {
    late.cancel();
    deps.signal?.removeEventListener('abort', stop);
  }
}

const order: readonly ScanPort['state'][] = ['found', 'no-right', 'silent', 'unavailable', 'in-use'];
const rank = ({ state }: ScanPort): number => order.indexOf(state);

async function scanSerial(
  wishes: ScanWishes,
  deps: ScanDeps & { signal: AbortSignal },
  tell: (ports: ScanPort[]) => ScanPort[],
): Promise<ScanPort[]> {
  const extra = (wishes.extraPorts ?? []).map((path): FoundPort => ({ path, device: path }));
  const waiting = [...(await deps.listSerialPorts()), ...extra];
  const done: ScanPort[] = [];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
      done.push(...tell([await scanSerialPort(next, wishes, deps)]));
  };
  await Promise.all(Array.from({ length: portsAtOnce }, work));
  return done;
}
