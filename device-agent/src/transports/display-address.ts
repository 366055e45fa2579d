/** The `port` config key of boards and signage: a serial port, or a network address whose port number the protocol knows. */
import { z } from 'zod';
import { describe } from '../drivers/driver.ts';
import { parsePort } from './port-address.ts';

export const DisplayAddress = describe(
  z.string().refine((text) => {
    const bus = parsePort(text)?.bus;
    return bus === 'serial' || bus === 'tcp';
  }, 'a serial port like /dev/ttyUSB0 or COM3, or a network address like tcp://192.168.1.40'),
  {
    vi: {
      title: 'Cổng kết nối',
      help: 'Cổng nối tiếp, ví dụ /dev/ttyUSB0 hoặc COM3; hoặc địa chỉ mạng, ví dụ tcp://192.168.1.40 (chỉ ghi số cổng khi khác mặc định).',
    },
    en: {
      title: 'Port',
      help: 'Serial port, e.g. /dev/ttyUSB0 or COM3; or network address, e.g. tcp://192.168.1.40 (port number only when it is not the usual one).',
    },
  },
);

/** `address` with the port number that its protocol uses, where a person left it out. */
export function withPortNumber(address: string, port: number): string {
  const parsed = parsePort(address);
  return parsed?.bus === 'tcp' && parsed.port === undefined ? `${address}:${port}` : address;
}
