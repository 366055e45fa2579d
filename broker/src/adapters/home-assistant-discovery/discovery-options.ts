/** Where gadgets announce themselves: `discovery_prefix` in the MQTT settings of Home Assistant and of ESPHome's nodes. */
import { z } from 'zod';

export const DiscoveryOptions = z.strictObject({
  discoveryPrefix: z
    .string()
    .min(2)
    .max(80)
    .regex(/^[^+#/]+(?:\/[^+#/]+)*$/, 'a topic without wildcards')
    .default('homeassistant'),
});
export type DiscoveryOptions = z.infer<typeof DiscoveryOptions>;
