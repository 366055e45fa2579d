/** Sensirion SPS30: started, asked for values and for its health; a sensor that lost its power is started again. */
import type { DeviceFault } from '@tramhoc/protocol/device-fault';
import { TramError } from '@tramhoc/protocol/errors';
import { z } from 'zod';
import { PortAddress } from '../../transports/port-address.ts';
import type { DriverDefinition } from '../driver.ts';
import { type Ask, openPolled, type Round } from '../polled-sensor.ts';
import { pollEveryS, reportEveryS, warmUpS } from '../sensor-fields.ts';
import { possible } from '../sensor-range.ts';
import {
  airOf,
  commands,
  decode,
  errorOf,
  healthOf,
  notInThisState,
  type ShdlcAnswer,
  startRequest,
  statusRequest,
  valuesRequest,
  wakeUpRequest,
} from './codec.ts';
import { discovery } from './discovery.ts';

const Config = z.strictObject({ port: PortAddress, pollEveryS: pollEveryS(5), reportEveryS, warmUpS: warmUpS(30) });
export type Sps30Config = z.infer<typeof Config>;

export const sps30: DriverDefinition<Sps30Config> = {
  kind: 'sps30',
  title: { vi: 'Cảm biến bụi mịn Sensirion (SPS30)', en: 'Sensirion particle sensor (SPS30)' },
  configSchema: Config,
  capabilities: [{ can: 'measure', quantities: ['pm1', 'pm25', 'pm10'] }, { can: 'report-faults' }],
  discovery,
  link: ({ port }) => ({ port, serial: { baudRate: 115_200, dataBits: 8, parity: 'none', stopBits: 1 } }),
  open(link, config, deps) {
    let measuring = false;
    /** It did not answer to the start, and may be asleep. */
    let deaf = false;
    return openPolled(link, config, deps, {
      async round(ask, { port }) {
        const cold = !measuring;
        if (!measuring) {
          // one that is awake says that this is not possible now
          if (deaf && (await askFor(ask, commands.wakeUp, wakeUpRequest)) === undefined) return { kind: 'no answer' };
          const started = await askFor(ask, commands.start, startRequest);
          deaf = started === undefined;
          if (started === undefined) return { kind: 'no answer' };
          if (errorOf(started) !== 0 && errorOf(started) !== notInThisState) return refused(port, errorOf(started));
          measuring = true;
        }
        const values = await askFor(ask, commands.values, valuesRequest);
        if (values === undefined) return { kind: 'no answer' };
        if (errorOf(values) === notInThisState) {
          measuring = false;
          return { kind: 'sample', sample: {} };
        }
        if (errorOf(values) !== 0) return refused(port, errorOf(values));
        const health = await askFor(ask, commands.status, statusRequest);
        if (health === undefined) return { kind: 'no answer' };
        return { ...verdict({ values, health }), ...(cold && { cold }) };
      },
      gapMs: 0,
      checks: {
        silent: 'check the 5 V supply of the particle sensor, that TX and RX are crossed, and that its select pin is open.',
        valueless: 'the particle sensor answers but gives no values; switch it off and on, else replace it.',
      },
    });
  },
};

/** The answer to this command: one that belongs to an older question is passed over. */
function askFor(ask: Ask, command: number, bytes: Uint8Array): Promise<ShdlcAnswer | undefined> {
  return ask({
    bytes,
    decode(input) {
      const { answers, rest, skippedBytes } = decode(input);
      return { answer: answers.find((answer) => answer.command === command), rest, skippedBytes };
    },
  });
}

/** Older firmware has no status register and says so (an error): then the values stand alone. */
function verdict({ values, health }: { values: ShdlcAnswer; health: ShdlcAnswer }): Extract<Round, { kind: 'sample' }> {
  const told = errorOf(health) === 0 ? healthOf(health.data) : undefined;
  const sample = possible(airOf(values.data) ?? {});
  if (told === undefined) return { kind: 'sample', sample };
  const faults: DeviceFault[] = [];
  if (told.fanBroken) faults.push({ code: 'FAULT_FAN', level: 'error' });
  // a fan that stands still also has a wrong speed
  else if (told.speedOutOfRange) faults.push({ code: 'FAULT_FAN', level: 'warning', detail: 'wrong speed' });
  if (told.laserBroken) faults.push({ code: 'FAULT_LASER', level: 'error' });
  return { kind: 'sample', sample: faults.length === 0 ? sample : {}, faults };
}

function refused(port: string, state: number): Round {
  return fault(port, `the particle sensor answers with error ${state.toString(16)} (hex); switch it off and on, else replace it.`);
}

function fault(port: string, message: string): Round {
  return { kind: 'fault', error: new TramError('DRIVER_REFUSED', `${port}: ${message}`) };
}
