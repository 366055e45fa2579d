/** The registers of simulated transmitters, written down from their manuals once more, and what a device answers to a question. For modbus-rtu and modbus-tcp. */
import type { Clock, Timer } from '@tramhoc/base/clock';
import { z } from 'zod';

export const transmitterOptions = z.strictObject({
  model: z.enum(['xy-md02', 'adtek-wall', 'sdm120', 'comet-t3510']).default('xy-md02'),
  unit: z.coerce.number().int().min(1).max(247).default(1),
});
export type TransmitterOptions = z.infer<typeof transmitterOptions>;

/** What registers hold: tenths in 16 bits, whole ppm in 16 bits, IEEE 754 numbers. */
const float32 = [-3.4e38, 3.4e38] as const;
const ends = {
  temperatureC: [-3_276.8, 3_276.7],
  humidityPct: [0, 3_276.7],
  co2: [0, 65_535],
  voltageV: float32,
  currentA: float32,
  powerW: float32,
  energyKWh: float32,
} as const;
export type Measured = keyof typeof ends;

const measuredBy: Readonly<Record<TransmitterOptions['model'], readonly Measured[]>> = {
  'xy-md02': ['temperatureC', 'humidityPct'],
  'adtek-wall': ['co2', 'temperatureC', 'humidityPct'],
  sdm120: ['voltageV', 'currentA', 'powerW', 'energyKWh'],
  'comet-t3510': ['temperatureC', 'humidityPct'],
};

export type SimulatedTransmitter = {
  set(name: Measured, value: number): void;
  /** Every question is answered with this exception; 0: none. */
  setException(code: number): void;
  setSilent(silent: boolean): void;
  /** From the next question on every answer comes so much later, as through a slow server or a radio. */
  setDelay(delayMs: number): void;
  act(line: string): string | undefined;
  /** Hands the PDU to a question (function and data) to `reply`, unless it does not answer. */
  answer(pdu: Uint8Array, reply: (pdu: Uint8Array) => void): void;
  /** What was still to be answered is forgotten. */
  close(): void;
};

export const transmitterUsage = [
  'set temperatureC 28.5   also humidityPct; adtek-wall: and co2; sdm120: voltageV, currentA, powerW, energyKWh instead',
  'exception 2             answer every question with exception 2; 0: none',
  'silent | awake          stop answering, answer again',
  'delay 1500              answer so many milliseconds late',
] as const;

/** As far as a gateway lets a device take its time. */
const maxDelayMs = 60_000;

export function simulatedTransmitter(model: TransmitterOptions['model'], clock: Clock): SimulatedTransmitter {
  const values: Record<Measured, number> = {
    temperatureC: 27.5,
    humidityPct: 65,
    co2: 640,
    voltageV: 229.5,
    currentA: 1.5,
    powerW: 340.25,
    energyKWh: 1_024.5,
  };
  let exception = 0;
  let silent = false;
  let delayMs = 0;
  const late = new Set<Timer>();
  const device: SimulatedTransmitter = {
    set(name, value) {
      values[name] = value;
    },
    setException(code) {
      exception = code;
    },
    setSilent(next) {
      silent = next;
    },
    setDelay(next) {
      delayMs = next;
    },
    act(line) {
      const [verb = '', first = '', second = ''] = line.trim().split(/\s+/);
      if (verb === 'silent' || verb === 'awake') device.setSilent(verb === 'silent');
      else if (verb === 'exception' && /^\d{1,2}$/.test(first)) device.setException(Number(first));
      else if (verb === 'delay' && /^\d{1,5}$/.test(first) && Number(first) <= maxDelayMs) device.setDelay(Number(first));
      else {
        const name = measuredBy[model].find((known) => verb === 'set' && known === first);
        const value = second === '' ? Number.NaN : Number(second);
        if (name === undefined || !(value >= ends[name][0] && value <= ends[name][1])) return `type: ${setText(model)}, ${otherText}`;
        device.set(name, value);
      }
      return undefined;
    },
    answer(pdu, reply) {
      if (silent) return;
      const said = saidTo(pdu);
      if (delayMs === 0) return reply(said);
      const timer = clock.after(delayMs, () => {
        late.delete(timer);
        reply(said);
      });
      late.add(timer);
    },
    close() {
      for (const timer of late) timer.cancel();
      late.clear();
    },
  };
  const saidTo = (pdu: Uint8Array): Uint8Array => {
    const [code = 0] = pdu;
    if (exception > 0) return Uint8Array.of(code | 0x80, exception);
    if (code !== 3 && code !== 4) return Uint8Array.of(code | 0x80, 1);
    const request = Buffer.from(pdu);
    if (request.length !== 5) return Uint8Array.of(code | 0x80, 3);
    const [from, count] = [request.readUInt16BE(1), request.readUInt16BE(3)];
    if (count < 1 || count > 125) return Uint8Array.of(code | 0x80, 3);
    const there = registers(model, values)[code === 3 ? 'holding' : 'input'];
    const words = Array.from({ length: count }, (_, at) => there.get(from + at));
    if (words.includes(undefined)) return Uint8Array.of(code | 0x80, 2);
    return Uint8Array.of(code, count * 2, ...words.flatMap((word) => [word! >> 8, word! & 0xff]));
  };
  return device;
}

const otherText = `exception <code>, silent, awake, or delay <ms 0..${maxDelayMs}>`;
const setText = (model: TransmitterOptions['model']): string =>
  measuredBy[model].map((name) => `set ${name} <${ends[name].join('..')}>`).join(', ');

type Registers = { holding: Map<number, number>; input: Map<number, number> };

function registers(model: TransmitterOptions['model'], values: Record<Measured, number>): Registers {
  const tenths = (value: number): number => Math.round(value * 10) & 0xffff;
  const none = new Map<number, number>();
  switch (model) {
    case 'xy-md02':
      // 0x0001 temperature, 0x0002 humidity, both times ten
      return {
        input: new Map([
          [1, tenths(values.temperatureC)],
          [2, tenths(values.humidityPct)],
        ]),
        holding: none,
      };
    case 'adtek-wall':
      // "01 03 00 00 00 02": temperature and humidity; "01 03 00 05 00 01": ppm
      return {
        holding: new Map([
          [0, tenths(values.temperatureC)],
          [1, tenths(values.humidityPct)],
          [5, Math.round(values.co2)],
        ]),
        input: none,
      };
    case 'sdm120':
      // 30001 volts, 30007 amperes, 30013 watts, 30343 kWh: two registers each; those of the other two phases are there, and 0
      return {
        input: new Map([
          ...[2, 4, 8, 10].flatMap((at) => float(at, 0)),
          ...float(0, values.voltageV),
          ...float(6, values.currentA),
          ...float(12, values.powerW),
          ...float(342, values.energyKWh),
        ]),
        holding: none,
      };
    case 'comet-t3510':
      return {
        holding: new Map([
          [49, tenths(values.temperatureC)],
          [50, tenths(values.humidityPct)],
        ]),
        input: none,
      };
    default:
      return model satisfies never;
  }
}

function float(at: number, value: number): [number, number][] {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatBE(value);
  return [
    [at, bytes.readUInt16BE(0)],
    [at + 1, bytes.readUInt16BE(2)],
  ];
}
