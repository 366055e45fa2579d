/** A thing to do now or not at all, from the centre to one device: `.../command`, never retained, never waiting for a device that is away. */
import { z } from 'zod';
import { ScanId } from './scan.ts';

export const DeviceCommand = z.discriminatedUnion('do', [
  /** Look at the ports for hardware; the answer is two events `vn.tramhoc.device.scan.v1`. `modbus`: ask serial lines for Modbus devices too. */
  z.strictObject({ do: z.literal('scan'), scanId: ScanId, modbus: z.boolean() }),
]);
export type DeviceCommand = z.infer<typeof DeviceCommand>;

/** The person who pressed the button still waits for it; after that the command is not carried out any more. */
export const commandLifeMs = 60_000;
