/** One simulated gadget on a real connection: it signs in, announces itself, and sends a round of values now and then. */
import { type Clock, every } from '@tramhoc/base/clock';
import { type GadgetSimulator, type SimulatedAir, usualAir } from '../adapters/simulator.ts';
import { openSimulatedLink, type SimulatedLink, type SimulatedLinkOptions } from './simulated-link.ts';

export type SimulatedGadget = {
  link: SimulatedLink;
  /** Values of the next rounds; one is sent at once. */
  setAir(air: Partial<SimulatedAir>): void;
  close(): Promise<void>;
};

/** Rejects BROKER_UNREACHABLE, BROKER_REFUSED. */
export async function startGadget(
  simulator: GadgetSimulator,
  options: Pick<SimulatedLinkOptions, 'url' | 'caPem' | 'user' | 'password'> & { name: string; everyMs: number; clock: Clock },
): Promise<SimulatedGadget> {
  const { name, clock } = options;
  const link = await openSimulatedLink({ ...options, ...simulator.session(name) });
  let air = usualAir;
  const round = (): void => {
    for (const message of simulator.round(name, air)) link.publish(message);
  };
  for (const message of simulator.announce(name)) link.publish(message);
  round();
  const timer = every(clock, options.everyMs, round);
  void link.ended.then(() => timer.cancel());
  return {
    link,
    setAir(next) {
      air = { ...air, ...next };
      round();
    },
    async close() {
      timer.cancel();
      await link.close();
    },
  };
}
