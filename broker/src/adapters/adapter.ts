/** The contract between a kind of third-party MQTT gadget and the broker. A new kind is one folder here and one line in registry.ts. */
import type { Quantity } from '@tramhoc/protocol/sensor';
import type { z } from 'zod';

/** A message as it came. Topics have at most 8 levels and no wildcards. */
export type GatewayMessage = { topic: string; payload: Uint8Array };

/**
 * A number that somebody measured. `quantity` and `unit` are what the adapter knows about it; the gateway's map in the config may say the rest.
 * `device` is one piece of hardware as its gateway names it, `part` one sensor of it.
 */
export type FoundValue = { part: string; value: number; quantity: Quantity | undefined; unit: string | undefined };

/** `id`: what tells it apart from another device of the same name, where names may be shared; at most half as long as a name. */
export type FoundDevice = { device: string; id?: string | undefined };

/** What one message says, in the gateway's own names. */
export type Finding =
  /** `seenMs`: when the gateway heard the device, by its own wall clock; a gateway may repeat what it remembers. */
  | ({ kind: 'values'; values: FoundValue[]; seenMs?: number | undefined } & FoundDevice)
  | ({ kind: 'availability'; online: boolean } & FoundDevice)
  /** The gateway itself, and with it all that is behind it. */
  | { kind: 'availability'; device: undefined; online: boolean }
  | ({ kind: 'identity'; model: string } & FoundDevice)
  /** All devices that the gateway has; those that it no longer has are not waited for. */
  | { kind: 'inventory'; devices: string[] }
  /** Somebody should look: it is listed on the status page. `why` is one of `unsupportedReasons`. */
  | ({ kind: 'not-supported'; part: string; why: UnsupportedReason } & FoundDevice)
  /** Not what this kind of gadget sends on this topic. */
  | { kind: 'unreadable' };

/** Why something that sounds like a sensor gives no readings; the status page has a sentence for each. */
export const unsupportedReasons = ['quantity', 'unit', 'template', 'topic', 'full'] as const;
export type UnsupportedReason = (typeof unsupportedReasons)[number];

/** Reads the messages of one gateway in their order. What it remembers is bounded; it never throws. An empty list: nothing of interest. */
export type AdapterReader = { read(message: GatewayMessage): Finding[] };

export type AdapterDefinition<Options> = {
  kind: string;
  title: { vi: string; en: string };
  /** Everything has a default. */
  optionsSchema: z.ZodType<Options>;
  /** Topic patterns (topic-pattern.ts) that this kind needs with the settings of its maker. */
  topics(options: Options): { publish: readonly string[]; subscribe: readonly string[] };
  maxPayloadBytes: number;
  /** A device that is silent for this long counts as lost, unless the config says otherwise. */
  silentAfterS: number;
  /** `isOwn`: may this gateway publish to the topic? */
  start(options: Options, isOwn: (topic: string) => boolean): AdapterReader;
};

/** A definition whose options are known only to itself: what the registry holds. */
// biome-ignore lint/suspicious/noExplicitAny: options go through optionsSchema before they reach the adapter
export type AnyAdapter = AdapterDefinition<any>;

/** Longer names are no names; they are cut before anything is kept under them. */
export const maxNameCharacters = 80;
/** Devices behind one gateway: a school's whole Zigbee network. */
export const maxDevices = 128;
/** Sensors of one device. */
export const maxParts = 24;
