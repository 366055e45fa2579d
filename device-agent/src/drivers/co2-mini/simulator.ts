/** A ZyAura monitor on USB as its reverse engineers describe it: silent until it has a key, then one value per report, encrypted or in clear. */
import type { Timer } from '@tramhoc/base/clock';
import { z } from 'zod';
import { cable, defineSimulator, type Simulator } from '../simulator.ts';

export type Co2Monitor = Simulator & {
  /** °C; without a humidity sensor the monitor says 0. */
  setAir(air: { co2: number; temperatureC?: number; humidityPct?: number }): void;
};

const Options = z.strictObject({
  /** Older monitors do. */
  encrypted: z.stringbool().or(z.boolean()).default(true),
  reportEveryMs: z.coerce.number().min(20).max(5_000).default(600),
});

export const co2MiniSimulator = defineSimulator<Co2Monitor, z.infer<typeof Options>>({
  kind: 'co2-mini',
  usage: ['air 850 27.5      CO₂ in ppm, temperature in °C', 'air 850 27.5 65   the same with humidity in %'],
  optionsSchema: Options,
  build({ clock }, { encrypted, reportEveryMs }) {
    let air = { co2: 640, temperatureC: 26, humidityPct: 0 };
    let key: Uint8Array | undefined;
    let turn = 0;
    const wire = cable({
      onBytes(output) {
        // what comes over USB is not bytes but reports of one kind or another
        const { feature } = output as unknown as { feature?: Uint8Array };
        if (feature?.length === 9) key = feature.slice(1);
      },
      onUnplugged() {
        key = undefined;
      },
    });
    const values = (): (readonly [number, number])[] => [
      [0x6d, 0x0364],
      [0x42, Math.round((air.temperatureC + 273.15) * 16)],
      [0x50, air.co2],
      [0x41, Math.round(air.humidityPct * 100)],
    ];
    const next = (): Uint8Array => {
      const [code, value] = values()[turn++ % 4]!;
      const plain = Buffer.from([code, value >> 8, value & 0xff, 0, 0x0d, 0, 0, 0]);
      plain[3] = (plain[0]! + plain[1]! + plain[2]!) & 0xff;
      return encrypted ? encrypt(plain, key!) : plain;
    };
    let timer: Timer;
    const tick = (): void => {
      timer = clock.after(reportEveryMs, tick);
      if (key !== undefined) wire.send(next());
    };
    timer = clock.after(reportEveryMs, tick);
    const monitor: Co2Monitor = {
      plug: wire.plug,
      unplug: wire.unplug,
      setAir(changed) {
        air = { ...air, ...changed };
      },
      act: (line) => actOn(monitor, line),
      close() {
        timer.cancel();
        wire.unplug();
      },
    };
    return monitor;
  },
});

function actOn(monitor: Co2Monitor, line: string): string | undefined {
  const [verb = '', ...words] = line.trim().split(/\s+/);
  const [co2 = Number.NaN, temperatureC = Number.NaN, humidityPct = 0] = words.map(Number);
  if (verb !== 'air' || !(co2 >= 0 && co2 <= 0xffff) || Number.isNaN(temperatureC) || !(humidityPct >= 0 && humidityPct <= 100))
    return 'type: air <ppm> <°C> or air <ppm> <°C> <%>';
  monitor.setAir({ co2, temperatureC, humidityPct });
  return undefined;
}

/** The other way round than log 16905 of hackaday.io project 5301: add the letters, turn 64 bits left by 3, exclusive or, mix. */
function encrypt(plain: Uint8Array, key: Uint8Array): Uint8Array {
  const letters = Buffer.from('Htemp99e', 'latin1');
  const added = plain.map((byte, at) => byte + ((letters[at]! << 4) | (letters[at]! >> 4)));
  const turned = added.map((byte, at) => (byte << 3) | (added[(at + 1) % 8]! >> 5));
  const keyed = turned.map((byte, at) => byte ^ key[at]!);
  return Uint8Array.from([2, 4, 0, 7, 1, 6, 5, 3], (from) => keyed[from]!);
}
