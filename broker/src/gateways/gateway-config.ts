/** Gateways in the broker's config file: who may come in by user name and password, what they speak, and what their sensors are called here. */
import { SlotId } from '@tramhoc/protocol/ids';
import { Quantity } from '@tramhoc/protocol/sensor';
import { z } from 'zod';
import type { AnyAdapter } from '../adapters/adapter.ts';
import { adapterOf, adapters } from '../adapters/registry.ts';
import { patternFault } from '../adapters/topic-pattern.ts';
import { isPasswordHash } from './password.ts';

/** Short, because it is the front of each slot: `zigbee-phong-may-1`. */
export const GatewayName = z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,14}[a-z0-9])?$/, 'use 1 to 16 lower-case letters, digits or dashes');

/** What the gateway does not say of a sensor, or says otherwise than we want it. */
export const SensorMap = z.strictObject({
  /** As the status page lists it: `<device>`, or `<device>/<part>` for one value of it. */
  sensor: z.string().min(1).max(170),
  slot: SlotId.optional(),
  quantity: Quantity.optional(),
  /** The unit in which the values come: `°F`, `Wh`, `ppb`; without it the one of the quantity. */
  unit: z.string().max(16).optional(),
  ignore: z.boolean().optional(),
});
export type SensorMap = z.infer<typeof SensorMap>;

const Pattern = z.string().superRefine((pattern, context) => {
  const fault = patternFault(pattern);
  if (fault !== undefined) context.addIssue({ code: 'custom', message: fault });
});

const Entry = z.strictObject({
  name: GatewayName,
  adapter: z.enum(adapters.map(({ kind }) => kind) as [string, ...string[]]),
  user: z.string().min(1).max(64),
  /** Made by `tramhoc site gateway add`, which shows the password once. */
  passwordHash: z.string().refine(isPasswordHash, 'not a hash of ours; make one with: tramhoc site gateway add'),
  /** Topics that it may publish besides those that its kind needs anyway: `phong-may/#`. */
  topics: z.array(Pattern).max(32).default([]),
  options: z.record(z.string(), z.unknown()).default({}),
  reportEveryS: z.int().min(1).max(3_600).default(60),
  /** For sensors that warm up (CO₂, dust, gases): no readings for this long after their device came. Most need up to three minutes. */
  warmUpS: z.int().min(0).max(3_600).default(180),
  /** Without it what is usual for the kind. */
  silentAfterS: z
    .int()
    .min(10)
    .max(14 * 86_400)
    .optional(),
  map: z.array(SensorMap).max(256).default([]),
});

export const GatewayEntry = Entry.superRefine((entry, context) => {
  const parsed = adapterOf(entry.adapter)?.optionsSchema.safeParse(entry.options);
  for (const issue of parsed?.error?.issues ?? [])
    context.addIssue({ code: 'custom', path: ['options', ...issue.path], message: issue.message });
});
export type GatewayEntry = z.infer<typeof GatewayEntry>;

export const GatewaysConfig = z.strictObject({
  /** Plain TCP, unless `tls` is set: for the network of the site only. Port 0 takes a free one. */
  host: z.string().min(1).max(253).default('0.0.0.0'),
  port: z.int().min(0).max(65_535).default(1883),
  /** With the broker's own certificate; for the few gadgets that can. */
  tls: z.boolean().default(false),
  entries: z
    .array(GatewayEntry)
    .max(16)
    .refine((entries) => new Set(entries.map(({ name }) => name)).size === entries.length, 'two gateways have one name')
    .refine((entries) => new Set(entries.map(({ user }) => user)).size === entries.length, 'two gateways have one user name'),
});
export type GatewaysConfig = z.infer<typeof GatewaysConfig>;

/** An entry with what its kind adds. */
export type Gateway = {
  entry: GatewayEntry;
  adapter: AnyAdapter;
  publish: readonly string[];
  subscribe: readonly string[];
};

export function gatewayOf(entry: GatewayEntry): Gateway {
  const adapter = adapterOf(entry.adapter)!;
  const topics = adapter.topics(adapter.optionsSchema.parse(entry.options));
  const publish = [...topics.publish, ...entry.topics];
  return { entry, adapter, publish, subscribe: [...topics.subscribe, ...entry.topics] };
}
