import { type Discovery, eightN1, type Recognised, type SerialProbe } from '../discovery.ts';
import { decode, encodeRequest } from './codec.ts';
import type { ReadRequest } from './pdu.ts';
import { planReads } from './plan-reads.ts';
import { type SerialMap, sampleOf } from './register-map.ts';
import { serialTransmitters } from './transmitters.ts';

/** Devices come with 1; a second and third on the same line usually count on. */
const units = [1, 2, 3];

/** Every transmitter that we know is asked for its first registers; last, whether anybody speaks Modbus at all. */
export const discovery: Discovery = {
  serial: [...units.flatMap((unit) => serialTransmitters.map((map) => known(map, unit))), ...units.map(anything)],
};

function known(map: SerialMap, unit: number): SerialProbe {
  const [request] = planReads(map, unit);
  return {
    serial: { ...map.serial, dataBits: 8 },
    ask: encodeRequest(request!),
    withinMs: 400,
    onlyOnRequest: true,
    recognise(heard) {
      const { answer } = decode(heard, request!);
      if (answer?.kind !== 'registers') return undefined;
      const words = new Map(answer.words.map((word, at) => [request!.address + at, word]));
      const none = new Map<number, number>();
      const sample = sampleOf(map, request!.table === 'input' ? { input: words, holding: none } : { input: none, holding: words });
      if (Object.keys(sample).length === 0) return undefined;
      return {
        evidence: { vi: `địa chỉ ${unit} có thanh ghi của ${map.title.vi}`, en: `unit ${unit} has the registers of ${map.title.en}` },
        config: { transmitter: map.id, unit },
      };
    },
  };
}

/** One holding register: whoever refuses it speaks Modbus as well. */
function anything(unit: number): SerialProbe {
  const request: ReadRequest = { unit, table: 'holding', address: 0, count: 1 };
  return {
    serial: eightN1(9600),
    ask: encodeRequest(request),
    withinMs: 400,
    onlyOnRequest: true,
    recognise: (heard): Recognised | undefined =>
      decode(heard, request).answer === undefined
        ? undefined
        : {
            evidence: {
              vi: `địa chỉ ${unit} nói Modbus; chọn loại thiết bị ghi trên nhãn`,
              en: `unit ${unit} speaks Modbus; choose the device that is written on its label`,
            },
            config: { unit },
          },
  };
}
