/** The device's side of the wire, for tests and for people without hardware. Written from the device's document, not from our codec. */
import type { Duplex } from 'node:stream';
import type { Clock } from '@tramhoc/base/clock';
import type { Random } from '@tramhoc/base/random';
import type { z } from 'zod';

export type SimulatorDeps = { clock: Clock; random: Random };

/** A device under power. It goes on living (a projector stays warm, a card stays on the reader) while its cable is pulled. */
export type Simulator = {
  /** Plugs the cable into `link`; a cable that was plugged in before is pulled first. */
  plug(link: Duplex): void;
  unplug(): void;
  /** Does what a line typed by a person says (see `usage`). Returns undefined, or a line that says what is wrong with it. */
  act(line: string): string | undefined;
  /** Power off: no timers and no listeners are left. Idempotent. */
  close(): void;
};

export type SimulatorDefinition<Device extends Simulator = Simulator, Options = unknown> = {
  kind: string;
  /** Lines that `act` understands, one a row: what to type and what it does. */
  usage: readonly string[];
  /** Every option has a default; values may be text, as from a command line. */
  optionsSchema: z.ZodType<Options>;
  create(deps: SimulatorDeps, options?: Record<string, unknown>): Device;
  /** `create` and `plug` in one. */
  attach(link: Duplex, deps: SimulatorDeps, options?: Record<string, unknown>): Device;
};

/** Fills in `attach`; options go through the schema (throws ZodError). */
export function defineSimulator<Device extends Simulator, Options>(definition: {
  kind: string;
  usage: readonly string[];
  optionsSchema: z.ZodType<Options>;
  build(deps: SimulatorDeps, options: Options): Device;
}): SimulatorDefinition<Device, Options> {
  const { kind, usage, optionsSchema, build } = definition;
  const create = (deps: SimulatorDeps, options: Record<string, unknown> = {}): Device => build(deps, optionsSchema.parse(options));
  return {
    kind,
    usage,
    optionsSchema,
    create,
    attach(link, deps, options) {
      const device = create(deps, options);
      device.plug(link);
      return device;
    },
  };
}

/** The cable of a simulated device: at most one link, bytes written to no link are lost as on a real wire. */
export type Cable = { plug(link: Duplex): void; unplug(): void; send(bytes: Uint8Array | string): void; plugged(): boolean };

export function cable({ onBytes, onUnplugged }: { onBytes(chunk: Uint8Array): void; onUnplugged?(): void }): Cable {
  let current: { link: Duplex; forget(): void } | undefined;
  const unplug = (): void => {
    if (current === undefined) return;
    const { link, forget } = current;
    current = undefined;
    forget();
    // what is on its way may still arrive; an error of a dying link concerns nobody any more
    link.on('error', () => undefined);
    link.destroy();
    onUnplugged?.();
  };
  return {
    plug(link) {
      unplug();
      const ignore = (): void => undefined;
      const onClose = (): void => {
        if (current?.link === link) unplug();
      };
      link.on('error', ignore);
      link.on('close', onClose);
      link.on('data', onBytes);
      current = {
        link,
        forget() {
          link.off('data', onBytes);
          link.off('close', onClose);
          link.off('error', ignore);
        },
      };
    },
    unplug,
    send(bytes) {
      if (current !== undefined && !current.link.destroyed && current.link.writable) current.link.write(bytes);
    },
    plugged: () => current !== undefined,
  };
}
