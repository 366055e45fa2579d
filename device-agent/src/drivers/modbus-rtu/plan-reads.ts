/** Which questions read all values of a map: neighbours in one question, nothing that the map does not name or allow. */
import { maxRegisters, type ReadRequest } from './pdu.ts';
import { type RegisterMap, registersOf } from './register-map.ts';

/** In order of table and address. Registers between two values are read only where the map says so: devices refuse some that their manual does not list. */
export function planReads({ values, readableGap }: RegisterMap, unit: number): ReadRequest[] {
  const sorted = [...values].sort((a, b) => (a.table === b.table ? a.address - b.address : a.table < b.table ? -1 : 1));
  const reads: ReadRequest[] = [];
  for (const value of sorted) {
    const last = reads.at(-1);
    const end = value.address + registersOf(value);
    const joins = last !== undefined && last.table === value.table && value.address <= last.address + last.count + readableGap;
    if (joins && end - last.address <= maxRegisters) last.count = Math.max(last.count, end - last.address);
    else reads.push({ unit, table: value.table, address: value.address, count: registersOf(value) });
  }
  return reads;
}
