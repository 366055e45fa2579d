/** Modbus transmitters and meters on the network, or on RS-485 behind a gateway that speaks Modbus TCP. */
import { z } from 'zod';
import { withPortNumber } from '../../transports/display-address.ts';
import { NetworkAddress } from '../../transports/port-address.ts';
import type { DriverDefinition } from '../driver.ts';
import { openModbus } from '../modbus-rtu/modbus-device.ts';
import { modbusFields, transmitter } from '../modbus-rtu/modbus-fields.ts';
import { transmitters } from '../modbus-rtu/transmitters.ts';
import { decode, encodeRequest } from './codec.ts';

/** Registered for Modbus. */
const modbusPort = 502;

const Config = z.strictObject({ port: NetworkAddress, transmitter: transmitter(transmitters), ...modbusFields });
export type ModbusTcpConfig = z.infer<typeof Config>;

export const modbusTcp: DriverDefinition<ModbusTcpConfig> = {
  kind: 'modbus-tcp',
  title: { vi: 'Thiết bị Modbus TCP (mạng)', en: 'Modbus TCP device (network)' },
  configSchema: Config,
  capabilities: [
    { can: 'measure', quantities: [...new Set(transmitters.flatMap(({ values }) => values.map(({ quantity }) => quantity)))] },
  ],
  link: ({ port }) => ({
    port: withPortNumber(port, modbusPort),
    serial: { baudRate: 9600, dataBits: 8, parity: 'none', stopBits: 1 },
  }),
  open(link, config, deps) {
    let transaction = 0;
    return openModbus(link, config, deps, {
      question(request) {
        transaction = (transaction + 1) & 0xffff;
        const numbered = { transaction, request };
        return { bytes: encodeRequest(numbered), decode: (input) => decode(input, numbered) };
      },
      gapMs: 0,
      silent: 'check the power of the device and its Modbus address; some take only one or two connections at a time.',
    });
  },
};
