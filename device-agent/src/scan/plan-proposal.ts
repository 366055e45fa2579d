/** What to configure so that everything found runs, beside what runs already. */
import { SlotId } from '@tramhoc/protocol/ids';
import { maxSlots } from '@tramhoc/protocol/limits';
import type { ScanPort } from '@tramhoc/protocol/scan';
import type { DesiredState, DriverWish } from '@tramhoc/protocol/twin';

/** `left`: ports that found no slot, because a device has no more. Planned again over its own result nothing is added. */
export function planProposal(
  ports: readonly ScanPort[],
  running: Readonly<Record<string, DriverWish>>,
): { desired: DesiredState; added: string[]; left: string[] } {
  const drivers: Record<string, DriverWish> = { ...running };
  const added: string[] = [];
  const left: string[] = [];
  for (const { state, port, kind, config } of ports) {
    if (state !== 'found' || kind === undefined) continue;
    if (Object.values(drivers).some((wish) => wish.config['port'] === port)) continue;
    if (Object.keys(drivers).length >= maxSlots) {
      left.push(port);
      continue;
    }
    const slot = freeName(kind, drivers);
    drivers[slot] = { kind, config: { port, ...config } };
    added.push(slot);
  }
  return { desired: { drivers: drivers as DesiredState['drivers'] }, added, left };
}

/** The kind itself, then with a number: `rdm6300`, `rdm6300-2`. */
function freeName(kind: string, taken: Readonly<Record<string, unknown>>): SlotId {
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? kind : `${kind}-${number}`;
    if (!Object.hasOwn(taken, name)) return SlotId.parse(name);
  }
}
