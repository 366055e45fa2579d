/** Which slot runs at a port, whatever name the port was configured by. */
import { SlotId } from '@tramhoc/protocol/ids';
import { realPath } from './serial-ports.ts';

/** `slots`: port as configured -> slot. */
export function slotAt(names: readonly string[], slots: ReadonlyMap<string, string>): SlotId | undefined {
  const same = new Set(names.flatMap(namesOf));
  for (const [port, slot] of slots) if (namesOf(port).some((name) => same.has(name))) return SlotId.parse(slot);
  return undefined;
}

/** A name in /dev/serial/by-id and /dev/ttyUSB0 are one port. Windows and network names differ in case only. */
function namesOf(port: string): string[] {
  const real = port.startsWith('/') ? realPath(port) : undefined;
  return [port.toLowerCase(), ...(real === undefined ? [] : [real.toLowerCase()])];
}
