/** Config keys of a Modbus device, whatever carries it. */
import { z } from 'zod';
import { describe } from '../driver.ts';
import { pollEveryS, reportEveryS } from '../sensor-fields.ts';
import type { RegisterMap } from './register-map.ts';

/** `maps`: of the devices that have such a plug; the first is what most have. */
export const transmitter = (maps: readonly RegisterMap[]): z.ZodDefault<z.ZodEnum<Record<string, string>>> => {
  const ids = maps.map(({ id }) => id) as [string, ...string[]];
  return describe(z.enum(ids).default(ids[0]), {
    vi: { title: 'Loại thiết bị', help: 'Ghi trên nhãn. Thanh ghi của mỗi loại khác nhau.' },
    en: { title: 'Device', help: 'Written on the label. Each has other registers.' },
    options: Object.fromEntries(maps.map(({ id, title }) => [id, title])),
  });
};

export const modbusFields = {
  unit: describe(z.int().min(1).max(247).default(1), {
    vi: { title: 'Địa chỉ Modbus', help: 'Đặt trên thiết bị; khi xuất xưởng thường là 1.' },
    en: { title: 'Modbus address', help: 'Set on the device; usually 1 when it leaves the factory.' },
  }),
  pollEveryS: pollEveryS(10),
  reportEveryS,
};

export type ModbusConfig = { port: string; transmitter: string; unit: number; pollEveryS: number; reportEveryS: number };
