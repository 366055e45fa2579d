/** Which of the centre's wishes a device can follow. A wrong slot keeps what it ran; the others are not held up by it. */
import type { ErrorCode } from '@tramhoc/protocol/errors';
import type { DriverWish } from '@tramhoc/protocol/twin';
import type { z } from 'zod';
import type { AnyDriverDefinition } from '../drivers/driver.ts';
import type { SlotWishes } from './plan-twin.ts';

export type WishError = { key: string; code: ErrorCode; message: string };
export type DefinitionOf = (kind: string) => AnyDriverDefinition | undefined;
/** What twin.reported can carry. */
const maxErrors = 64;
const maxMessage = 300;

/** Names `drivers.<slot>.config.<key>` of each fault; never the value, which may be a password. */
export function planWishes(
  desired: SlotWishes,
  { running, definitionOf }: { running: SlotWishes; definitionOf: DefinitionOf },
): { wanted: SlotWishes; errors: WishError[] } {
  const errors: WishError[] = [];
  const refused = new Set<string>();
  for (const [slot, wish] of Object.entries(desired)) {
    const faults = wishFaults(slot, wish, definitionOf);
    if (faults.length > 0) refused.add(slot);
    errors.push(...faults);
  }
  const effective = (): SlotWishes => {
    const wanted: Record<string, DriverWish> = {};
    for (const [slot, wish] of Object.entries(desired)) {
      const kept = Object.hasOwn(running, slot) ? running[slot] : undefined;
      if (!refused.has(slot)) wanted[slot] = wish;
      else if (kept !== undefined && wishFaults(slot, kept, definitionOf).length === 0) wanted[slot] = kept;
    }
    return wanted;
  };
  // a slot refused for its port falls back to its old one, which may in turn be wanted by another: at most one round a slot
  for (;;) {
    const wanted = effective();
    const conflict = portConflict(wanted, { refused, running, definitionOf });
    if (conflict === undefined) return { wanted, errors: errors.slice(0, maxErrors) };
    refused.add(conflict.slot);
    errors.push({
      key: `drivers.${conflict.slot}.config.port`,
      code: 'SLOT_PATH_CONFLICT',
      message: `${conflict.port} is already used by slot ${conflict.holder}; give one of them another port.`.slice(0, maxMessage),
    });
  }
}

function wishFaults(slot: string, { kind, config }: DriverWish, definitionOf: DefinitionOf): WishError[] {
  const definition = definitionOf(kind);
  if (definition === undefined)
    return [
      {
        key: `drivers.${slot}.kind`,
        code: 'DRIVER_UNKNOWN',
        message: `this agent has no driver "${kind}"; update the agent or choose another.`,
      },
    ];
  const parsed = definition.configSchema.safeParse(config);
  if (parsed.success) return [];
  return parsed.error.issues.flatMap((issue) =>
    keysOf(issue).map((path) => ({
      key: ['drivers', slot, 'config', ...path].join('.').slice(0, 200),
      code: 'DRIVER_CONFIG_INVALID' as const,
      message: issue.message.slice(0, maxMessage),
    })),
  );
}

/** A key that nobody knows is reported by zod at its object; we name the key itself. */
function keysOf(issue: z.core.$ZodIssue): string[][] {
  const path = issue.path.map(String);
  return issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...path, key]) : [path];
}

/** The slot that has to give way, if two want one port: not one that keeps its old config, not one that runs on that port already. */
function portConflict(
  wanted: SlotWishes,
  { refused, running, definitionOf }: { refused: ReadonlySet<string>; running: SlotWishes; definitionOf: DefinitionOf },
): { slot: string; holder: string; port: string } | undefined {
  const portOf = (wish: DriverWish | undefined): string | undefined => (wish === undefined ? undefined : linkPort(wish, definitionOf));
  const rank = (slot: string): number => {
    if (refused.has(slot)) return 0;
    return portOf(Object.hasOwn(running, slot) ? running[slot] : undefined) === portOf(wanted[slot]) ? 1 : 2;
  };
  const holders = new Map<string, string>();
  const slots = Object.keys(wanted).sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
  for (const slot of slots) {
    const port = portOf(wanted[slot]);
    if (port === undefined) continue;
    const holder = holders.get(port);
    if (holder !== undefined && !refused.has(slot)) return { slot, holder, port };
    if (holder === undefined) holders.set(port, slot);
  }
  return undefined;
}

function linkPort({ kind, config }: DriverWish, definitionOf: DefinitionOf): string | undefined {
  const definition = definitionOf(kind);
  const parsed = definition?.configSchema.safeParse(config);
  return parsed?.success === true ? definition!.link(parsed.data).port.toLowerCase() : undefined;
}

/** Whether a driver can take `after` without its link being opened anew. Both have been through planWishes. */
export function sameLink(before: DriverWish, after: DriverWish, definitionOf: DefinitionOf): boolean {
  const definition = definitionOf(before.kind);
  if (definition === undefined || before.kind !== after.kind) return false;
  const one = definition.configSchema.safeParse(before.config);
  const other = definition.configSchema.safeParse(after.config);
  if (!one.success || !other.success) return false;
  return JSON.stringify(definition.link(one.data)) === JSON.stringify(definition.link(other.data));
}
