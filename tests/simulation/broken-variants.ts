/** The promise, broken on purpose at the seams: what the simulation must find. Nothing in the product knows of these. */
import type { Peer } from '@tramhoc/broker/access/tls-listener';
import type { MqttRules } from '@tramhoc/broker/mqtt-server';
import type { Program } from './computer.ts';
import type { DiskVariant } from './simulated-disk.ts';

export const variantNames = [
  'ack-before-commit',
  'sync-normal',
  'seq-reused',
  'no-dedupe',
  'no-dedupe-at-site',
  'remove-before-puback',
] as const;
export type VariantName = (typeof variantNames)[number];

/** PUBACK leaves when the publish arrives; the commit comes when it comes. */
export function acknowledgingEarly(rules: MqttRules<Peer>): MqttRules<Peer> {
  return {
    ...rules,
    publish(peer, publish) {
      rules.publish(peer, publish).catch(() => undefined);
      return Promise.resolve({ allowed: true, retain: publish.retain });
    },
  };
}

/** An epoch is 8 random bytes: here they are always the same, so that numbers are given again after a restore and on a new card. */
export function alwaysTheSameEpoch(program: Program): void {
  const { bytes } = program.dice;
  program.dice.bytes = (count) => (count === 8 ? new Uint8Array(8).fill(0x11) : bytes(count));
}

/** Takes from the centre what recognises a repeat. */
const withoutUniqueness: NonNullable<DiskVariant['schema']> = (sql) =>
  sql.replace('id TEXT NOT NULL UNIQUE, type TEXT', 'id TEXT NOT NULL, type TEXT').replace(/,\s*UNIQUE \(device_id, epoch, seq\)/, '');

/** Takes from a site what recognises a repeat once it has been started again: the uniqueness of its rows, and every look at what it has. */
const withoutMemory: DiskVariant = {
  schema: (sql) => sql.replace(/,\s*UNIQUE \(device, epoch\)/g, ''),
  forgets: (sql) => /^\s*SELECT .* FROM (stretch|run) WHERE (upto = \?|device = \? AND epoch = \?)/is.test(sql),
};

export function diskVariant(variant: VariantName | undefined, role: 'agent' | 'site' | 'centre'): DiskVariant {
  switch (variant) {
    case 'sync-normal':
      return { neverFull: true };
    case 'no-dedupe':
      return role === 'centre' ? { schema: withoutUniqueness } : {};
    case 'no-dedupe-at-site':
      return role === 'site' ? withoutMemory : {};
    case 'ack-before-commit':
    case 'seq-reused':
    case 'remove-before-puback':
    case undefined:
      return {};
    default:
      return variant satisfies never;
  }
}
