/** The ports that slots hold. */
import type { DriverWish } from '@tramhoc/protocol/twin';
import type { AnyDriverDefinition } from '../drivers/driver.ts';

/** Port -> slot, both as written in the config and as opened (a network address with its port number). */
export function slotPorts(
  running: Readonly<Record<string, DriverWish>>,
  definitionOf: (kind: string) => AnyDriverDefinition | undefined,
): Map<string, string> {
  const ports = new Map<string, string>();
  for (const [slot, { kind, config }] of Object.entries(running)) {
    if (typeof config['port'] === 'string') ports.set(config['port'], slot);
    const definition = definitionOf(kind);
    const parsed = definition?.configSchema.safeParse(config);
    if (parsed?.success === true) ports.set(definition!.link(parsed.data).port, slot);
  }
  return ports;
}
