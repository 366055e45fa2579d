/** From what was told to what is: which faults have gone, which have come, which are worse or better than they were. */
import { isDeepStrictEqual } from 'node:util';
import type { DeviceFault } from '@tramhoc/protocol/device-fault';

/** What has gone first. A fault whose level or detail changed is raised anew, which replaces the old one. */
export function planFaultEvents(told: readonly DeviceFault[], now: readonly DeviceFault[]): { fault: DeviceFault; raised: boolean }[] {
  const gone = told.filter(({ code }) => !now.some((fault) => fault.code === code));
  const come = now.filter((fault) => !told.some((before) => isDeepStrictEqual(before, fault)));
  return [...gone.map((fault) => ({ fault, raised: false })), ...come.map((fault) => ({ fault, raised: true }))];
}
