/** What an agent says of itself when it starts. Drivers' schemas are large and seldom change: each is told once, and again after it changed. */
import { sha256Hex } from '@tramhoc/base/digest';
import type { Log } from '@tramhoc/base/log';
import { canonicalJson } from '@tramhoc/protocol/twin';
import type { AnyDriverDefinition } from '../drivers/driver.ts';
import type { Outbox } from '../outbox/outbox.ts';
import { driverKinds, type HostFacts } from './host-facts.ts';

/** A fault is logged: an agent that cannot greet still counts taps. */
export function greet({
  outbox,
  facts,
  drivers,
  log,
}: {
  outbox: Pick<Outbox, 'accept' | 'notes'>;
  facts: HostFacts;
  drivers: readonly AnyDriverDefinition[];
  log: Log;
}): void {
  try {
    const kinds = driverKinds(drivers);
    outbox.accept('vn.tramhoc.device.hello.v1', { ...facts, driverKinds: kinds.map(({ kind }) => kind) });
    for (const driver of kinds) {
      const told = sha256Hex(canonicalJson(driver));
      if (outbox.notes.get(`told.${driver.kind}`) === told) continue;
      outbox.accept('vn.tramhoc.device.driver.v1', driver);
      outbox.notes.set(`told.${driver.kind}`, told);
    }
  } catch (err) {
    log.error({ err }, 'the greeting could not be kept; going on without it');
  }
}
