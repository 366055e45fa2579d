/** How fast a library pad tells what lies on it: the driver and its simulated reader, with the times of a real line and real radio. */
import { Duplex, duplexPair } from 'node:stream';
import { systemClock } from '@tramhoc/base/clock';
import { silentLog } from '@tramhoc/base/log';
import { systemRandom } from '@tramhoc/base/random';
import { feigObid } from '@tramhoc/device-agent/drivers/feig-obid/driver';
import { feigObidSimulator } from '@tramhoc/device-agent/drivers/feig-obid/simulator';
import { median } from './median.ts';
import { type Case, times } from './table.ts';

const tagCount = 200;
const baudRate = 38_400;
/** Start, eight bits, even parity, stop. */
const bitsPerByte = 11;
/** Of one tag, by the reader's manual; README.md of the driver says how it is made up. */
const tagMs = 8;
/** On the air, and as answer: what nobody can do without. */
const leastMs = tagCount * (tagMs + (10 * bitsPerByte * 1_000) / baudRate);
const patienceMs = 60_000;

export const devicesInventoryCase: Case = {
  name: 'devices-inventory',
  about: `${tagCount} ISO 15693 tags on one FEIG reader: ${baudRate} baud 8E1, ${tagMs} ms of radio for each tag, all of them told. In real time; compared with radio and line alone.`,
  async run() {
    const runs: { ms: number; seen: number }[] = [];
    for (let run = 0; run < 3; run += 1) runs.push(await inventory());
    const seen = Math.min(...runs.map((run) => run.seen));
    const ms = median(runs.map((run) => run.ms));
    return [
      {
        what: `from the first question to the reading with ${seen} of ${tagCount} tags`,
        figure: `${((seen * 1_000) / ms).toFixed(1)} tags/s`,
        against: `radio and line alone: ${((tagCount * 1_000) / leastMs).toFixed(1)} tags/s`,
        ratio: times(leastMs / ms),
      },
    ];
  },
};

/** From opening to the first reading. */
async function inventory(): Promise<{ ms: number; seen: number }> {
  const clock = systemClock();
  const [driverEnd, deviceEnd] = duplexPair();
  const device = feigObidSimulator.create({ clock, random: systemRandom() }, { tagMs, baudRate });
  device.field.act(`pile ${tagCount}`);
  // the simulator counts the time of its answers; that of the questions is counted here
  device.plug(slowly(deviceEnd));
  let told = (_seen: number): void => undefined;
  const firstReading = new Promise<number>((resolve) => {
    told = resolve;
  });
  const config = feigObid.configSchema.parse({ port: '/dev/ttyUSB0' });
  const startMs = performance.now();
  const driver = await feigObid.open(driverEnd, config, {
    ...{ clock, random: systemRandom(), log: silentLog },
    emit(reading) {
      if (reading.kind === 'items') told(new Set(reading.items.map(({ uid }) => uid)).size);
      return true;
    },
    fail: (error) => {
      throw error;
    },
  });
  clock.after(patienceMs, () => told(0), { background: true });
  const seen = await firstReading;
  const ms = performance.now() - startMs;
  await driver.close();
  device.close();
  driverEnd.destroy();
  return { ms, seen };
}

/** What comes in takes the time of the line. */
function slowly(end: Duplex): Duplex {
  const slow = new Duplex({
    read() {},
    write(chunk, encoding, done) {
      end.write(chunk, encoding, done);
    },
    destroy(error, done) {
      end.destroy();
      done(error);
    },
  });
  const clock = systemClock();
  end.on('data', (chunk: Uint8Array) => clock.after((chunk.length * bitsPerByte * 1_000) / baudRate, () => slow.push(chunk)));
  end.on('close', () => slow.destroy());
  return slow;
}
