/** What a device finds when it looks at its own ports. */
import { z } from 'zod';
import { SlotId } from './ids.ts';
import { ConfigValue } from './twin.ts';

/** Ports of one scan: a computer with a full USB hub has half as many. */
export const maxScanPorts = 32;
/** Names a scan from the button that began it to the list that came of it. */
export const ScanId = z.uuid();

export const ScanPort = z.strictObject({
  /** As a slot's config wants it: `/dev/serial/by-id/…`, `COM3`, `tcp://192.168.1.40`, `hid:04d9:a052`. */
  port: z.string().min(1).max(200),
  /** What is plugged in, in its own words: `FT232R USB UART`. */
  name: z.string().max(120).optional(),
  /** `04d9:a052`. */
  usbId: z
    .string()
    .regex(/^[0-9a-f]{4}:[0-9a-f]{4}$/)
    .optional(),
  serialNumber: z.string().max(120).optional(),
  /**
   * `found`: `kind` answers there. `silent`: nothing that a driver knows. `in-use`: of a slot or another program, left alone. `no-right`: this
   * user may not open it, `note` says how to mend that. `unavailable`: it cannot be opened, `note` says why.
   */
  state: z.enum(['found', 'silent', 'in-use', 'no-right', 'unavailable']),
  slot: SlotId.optional(),
  kind: z.string().max(32).optional(),
  /** How it was recognised; never what a card or code says. */
  evidence: z.string().max(200).optional(),
  /** The same in Vietnamese; absent where it is a name as its maker writes it. */
  evidenceVi: z.string().max(200).optional(),
  /** Of the driver, without `port`: what the find settles. */
  config: z.record(z.string().regex(/^(?!__)[a-zA-Z0-9_-]{1,64}$/), ConfigValue).optional(),
  note: z.string().max(300).optional(),
});
export type ScanPort = z.infer<typeof ScanPort>;
export type ScanState = ScanPort['state'];
