/** Modbus transmitters and meters on RS-485, or behind a serial device server that passes the bytes on. */
import { z } from 'zod';
import { PortAddress } from '../../transports/port-address.ts';
import { type DriverDefinition, describe, type SerialSettings } from '../driver.ts';
import { decode, encodeRequest } from './codec.ts';
import { discovery } from './discovery.ts';
import { openModbus } from './modbus-device.ts';
import { modbusFields, transmitter } from './modbus-fields.ts';
import { serialTransmitters } from './transmitters.ts';

/** More than 3.5 characters at 2400 baud (15 ms), and what slow transmitters need to let go of the bus. */
const gapMs = 50;
const asDelivered = 'default';
const rates = ['1200', '2400', '4800', '9600', '19200', '38400', '115200'] as const;

const Config = z.strictObject({
  port: PortAddress,
  transmitter: transmitter(serialTransmitters),
  ...modbusFields,
  baudRate: describe(z.enum([...rates, asDelivered]).default(asDelivered), {
    vi: { title: 'Tốc độ', help: 'Để mặc định nếu chưa ai đổi tốc độ trên thiết bị.' },
    en: { title: 'Speed', help: 'Leave the default unless somebody changed the speed of the device.' },
    unit: 'baud',
    options: {
      ...Object.fromEntries(rates.map((rate) => [rate, { vi: rate, en: rate }])),
      [asDelivered]: { vi: 'Như khi xuất xưởng', en: 'As delivered' },
    },
  }),
  format: describe(z.enum([asDelivered, '8N1', '8N2', '8E1', '8O1']).default(asDelivered), {
    vi: { title: 'Khung ký tự', help: 'Số bit, chẵn lẻ, bit dừng; để mặc định nếu chưa ai đổi trên thiết bị.' },
    en: { title: 'Character format', help: 'Bits, parity, stop bits; leave the default unless somebody changed it on the device.' },
    options: {
      [asDelivered]: { vi: 'Như khi xuất xưởng', en: 'As delivered' },
      '8N1': { vi: '8N1: không chẵn lẻ, 1 bit dừng', en: '8N1: no parity, 1 stop bit' },
      '8N2': { vi: '8N2: không chẵn lẻ, 2 bit dừng', en: '8N2: no parity, 2 stop bits' },
      '8E1': { vi: '8E1: chẵn, 1 bit dừng', en: '8E1: even parity, 1 stop bit' },
      '8O1': { vi: '8O1: lẻ, 1 bit dừng', en: '8O1: odd parity, 1 stop bit' },
    },
  }),
});
export type ModbusRtuConfig = z.infer<typeof Config>;

export const modbusRtu: DriverDefinition<ModbusRtuConfig> = {
  kind: 'modbus-rtu',
  title: { vi: 'Thiết bị Modbus RTU (RS-485)', en: 'Modbus RTU device (RS-485)' },
  configSchema: Config,
  capabilities: [
    { can: 'measure', quantities: [...new Set(serialTransmitters.flatMap(({ values }) => values.map(({ quantity }) => quantity)))] },
  ],
  discovery,
  link: (config) => ({ port: config.port, serial: serialOf(config) }),
  open: (link, config, deps) =>
    openModbus(link, config, deps, {
      question: (request) => ({ bytes: encodeRequest(request), decode: (input) => decode(input, request) }),
      gapMs,
      silent: 'check the power of the device, its Modbus address and speed, and that A and B of the RS-485 line are not swapped.',
    }),
};

function serialOf({ transmitter, baudRate, format }: ModbusRtuConfig): SerialSettings {
  // the config names one of them
  const { serial } = serialTransmitters.find(({ id }) => id === transmitter)!;
  const shape = { '8N1': ['none', 1], '8N2': ['none', 2], '8E1': ['even', 1], '8O1': ['odd', 1] } as const;
  const [parity, stopBits] = format === asDelivered ? [serial.parity, serial.stopBits] : shape[format];
  return { baudRate: baudRate === asDelivered ? serial.baudRate : Number(baudRate), dataBits: 8, parity, stopBits };
}
