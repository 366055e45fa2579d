/** The `port` config key of drivers: where the device is plugged in. */
import { z } from 'zod';
import { describe } from '../drivers/driver.ts';

/** Longest path or address anybody needs; by-id names of USB adapters have about 100 characters. */
const maxPortLength = 200;
const serialPath = /^(?:\/[!-~]+|COM[1-9]\d{0,2})$/;

/** Taken apart. `host` has no brackets around an IPv6 address; `port` is undefined where the address leaves it to the protocol. */
export type ParsedPort = { bus: 'serial'; path: string } | { bus: 'tcp'; host: string; port: number | undefined };

/** undefined when `text` is neither a serial port (`/dev/ttyUSB0`, `COM3`) nor `tcp://host[:port]`. */
export function parsePort(text: string): ParsedPort | undefined {
  if (text.length > maxPortLength) return undefined;
  if (serialPath.test(text)) return { bus: 'serial', path: text };
  const match = /^tcp:\/\/(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?))(?::(\d{1,5}))?$/.exec(text);
  if (match === null) return undefined;
  const port = match[3] === undefined ? undefined : Number(match[3]);
  if (port !== undefined && (port < 1 || port > 65_535)) return undefined;
  return { bus: 'tcp', host: (match[1] ?? match[2])!, port };
}

/** A serial port or a serial device server. The port number of a device server must be written: makers do not agree on one. */
export const PortAddress = describe(
  z.string().refine((text) => {
    const parsed = parsePort(text);
    return parsed !== undefined && (parsed.bus === 'serial' || parsed.port !== undefined);
  }, 'a serial port like /dev/ttyUSB0 or COM3, or a serial device server like tcp://192.168.1.30:4001'),
  {
    vi: {
      title: 'Cổng kết nối',
      help: 'Cổng nối tiếp, ví dụ /dev/ttyUSB0 hoặc COM3; hoặc bộ chuyển đổi nối tiếp qua mạng, ví dụ tcp://192.168.1.30:4001.',
    },
    en: {
      title: 'Port',
      help: 'Serial port, e.g. /dev/ttyUSB0 or COM3; or a serial device server on the network, e.g. tcp://192.168.1.30:4001.',
    },
  },
);

/** A device that is reached over the network only. */
export const NetworkAddress = describe(
  z
    .string()
    .refine(
      (text) => parsePort(text)?.bus === 'tcp',
      'a network address like tcp://192.168.1.40 (a port may follow: tcp://192.168.1.40:4352)',
    ),
  {
    vi: { title: 'Địa chỉ mạng', help: 'Địa chỉ của thiết bị, ví dụ tcp://192.168.1.40. Chỉ ghi số cổng khi khác mặc định.' },
    en: {
      title: 'Network address',
      help: 'Address of the device, e.g. tcp://192.168.1.40. Give the port number only when it is not the usual one.',
    },
  },
);
