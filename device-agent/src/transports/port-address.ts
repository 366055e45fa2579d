/** The `port` config key of drivers: where the device is plugged in. */
import { z } from 'zod';
import { describe } from '../drivers/driver.ts';

/** Longest path or address anybody needs; by-id names of USB adapters have about 100 characters. */
const maxPortLength = 200;
const ipv4 = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/;
const serialPath = /^(?:\/[!-~]+|COM[1-9]\d{0,2})$/;
const devicePath = /^file:(\/dev\/[!-~]+)$/;
const pcscName = /^pcsc:(\S(?:[ -~]{0,126}\S)?)$/;
const hidNumbers = /^hid:([0-9a-f]{4}):([0-9a-f]{4})(?::([0-9a-f]{1,4}))?(?:\/([ -~]{1,64}))?$/i;
/** As Linux, Windows and macOS name HID devices. */
const hidPath = /^hid:((?:\/|\\\\\?\\|DevSrvsID:)[!-~]+)$/;

/** Taken apart. `host` has no brackets around an IPv6 address; `port` is undefined where the address leaves it to the protocol. */
export type ParsedPort =
  | { bus: 'serial'; path: string }
  | { bus: 'tcp'; host: string; port: number | undefined }
  | { bus: 'udp'; host: string; port: number | undefined }
  | { bus: 'http-in'; host: string; port: number }
  /** `host`: the one device that may connect to our `port`. */
  | { bus: 'tcp-from'; host: string; port: number }
  | { bus: 'hid'; device: HidSelector }
  /** A device file that is no terminal. */
  | { bus: 'file'; path: string }
  /** All of the name of a reader of the PC/SC service, or a part of it. */
  | { bus: 'pcsc'; name: string }
  /** This computer itself. */
  | { bus: 'host' };
/**
 * Which HID device: by its USB numbers, told apart by the serial number where there are several, or by where it is plugged in. `usagePage`: which
 * of its interfaces, where it has several.
 */
export type HidSelector = { vendorId: number; productId: number; serialNumber: string | undefined; usagePage?: number } | { path: string };

/**
 * undefined when `text` is neither a serial port (`/dev/ttyUSB0`, `COM3`), nor `tcp://host[:port]` or `udp://host[:port]`, nor an address of this
 * computer on which devices call us (`http-in://0.0.0.0:8081`), nor a device that connects to a port of ours (`tcp-from://192.168.1.60:10005`), nor a HID device (`hid:04d9:a052`, `hid:04d9:a052/<serial number>`, `hid:05e0:0600:8c` with the
 * usage page, `hid:/dev/hidraw0`),
 * nor a device file (`file:/dev/usb/lp0`), nor a reader of the PC/SC service (`pcsc:ACR122U`),
 * nor this computer (`host:`).
 */
export function parsePort(text: string): ParsedPort | undefined {
  if (text.length > maxPortLength) return undefined;
  if (serialPath.test(text)) return { bus: 'serial', path: text };
  if (text.startsWith('hid:')) return parseHid(text);
  if (text === 'host:') return { bus: 'host' };
  const path = devicePath.exec(text)?.[1];
  if (path !== undefined) return { bus: 'file', path };
  const name = pcscName.exec(text)?.[1];
  if (name !== undefined) return { bus: 'pcsc', name };
  const match = /^(tcp|udp|http-in|tcp-from):\/\/(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?))(?::(\d{1,5}))?$/.exec(
    text,
  );
  if (match === null) return undefined;
  const host = (match[2] ?? match[3])!;
  const port = match[4] === undefined ? undefined : Number(match[4]);
  if (port !== undefined && (port < 1 || port > 65_535)) return undefined;
  const bus = match[1] as 'tcp' | 'udp' | 'http-in' | 'tcp-from';
  if (bus === 'tcp' || bus === 'udp') return { bus, host, port };
  // to listen on a name, or to let one in, would be to do so for whatever it means today
  return port !== undefined && (host.includes(':') || ipv4.test(host)) ? { bus, host, port } : undefined;
}

function parseHid(text: string): ParsedPort | undefined {
  const path = hidPath.exec(text)?.[1];
  if (path !== undefined) return { bus: 'hid', device: { path } };
  const [, vendor, product, page, serialNumber] = hidNumbers.exec(text) ?? [];
  if (vendor === undefined || product === undefined) return undefined;
  const device = { vendorId: Number.parseInt(vendor, 16), productId: Number.parseInt(product, 16), serialNumber };
  return { bus: 'hid', device: page === undefined ? device : { ...device, usagePage: Number.parseInt(page, 16) } };
}

/** `hid:05e0:0600` with the usage page that its driver wants; what a person wrote, and what names a place, stays as it is. */
export function withUsagePage(address: string, usagePage: number): string {
  const [, vendor, product, page, serialNumber] = hidNumbers.exec(address) ?? [];
  if (vendor === undefined || page !== undefined) return address;
  return `hid:${vendor}:${product}:${usagePage.toString(16)}${serialNumber === undefined ? '' : `/${serialNumber}`}`;
}

/** A serial port or a serial device server. The port number of a device server must be written: makers do not agree on one. */
export const PortAddress = describe(
  z.string().refine((text) => {
    const parsed = parsePort(text);
    return parsed?.bus === 'serial' || (parsed?.bus === 'tcp' && parsed.port !== undefined);
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

/** Where devices call this computer: they are told its address and this port in their own menu. */
export const HttpInAddress = describe(
  z
    .string()
    .refine(
      (text) => parsePort(text)?.bus === 'http-in',
      'an address of this computer and a port like http-in://0.0.0.0:8081 (0.0.0.0: all its networks)',
    ),
  {
    vi: {
      title: 'Cổng lắng nghe',
      help: 'Máy chấm công gọi đến máy tính này: http-in://0.0.0.0:8081 là cổng 8081 trên mọi mạng. Khai báo IP của máy tính và cổng này trên máy chấm công.',
    },
    en: {
      title: 'Listen on',
      help: 'The terminal calls this computer: http-in://0.0.0.0:8081 is port 8081 on all its networks. Enter the address of this computer and the port in the terminal.',
    },
  },
);

/** A device that is reached over the network, by a connection or by datagrams. */
export const TcpOrUdpAddress = describe(
  z
    .string()
    .refine(
      (text) => ['tcp', 'udp'].includes(parsePort(text)?.bus ?? ''),
      'a network address like tcp://192.168.1.201 (older terminals: udp://192.168.1.201); a port may follow',
    ),
  {
    vi: {
      title: 'Địa chỉ mạng',
      help: 'Ví dụ tcp://192.168.1.201; máy đời cũ dùng udp://192.168.1.201. Chỉ ghi số cổng khi khác mặc định.',
    },
    en: {
      title: 'Network address',
      help: 'For example tcp://192.168.1.201; older terminals use udp://192.168.1.201. Give the port number only when it is not the usual one.',
    },
  },
);

/** A device that speaks USB HID reports. `example`: the USB numbers that the maker gave it, e.g. `hid:04d9:a052`. */
export function hidAddress(example: string): z.ZodType<string> {
  return describe(
    z
      .string()
      .refine(
        (text) => parsePort(text)?.bus === 'hid',
        `a HID device like ${example}, with several of them ${example}/<serial number>, or hid:/dev/hidraw0`,
      ),
    {
      vi: { title: 'Thiết bị USB', help: `Ví dụ ${example}; nếu có nhiều thiết bị giống nhau thì ghi thêm số sê-ri: ${example}/2.00.` },
      en: { title: 'USB device', help: `For example ${example}; with several alike, add the serial number: ${example}/2.00.` },
    },
  );
}

/** A printer: on a serial line, on the network, or on USB as the file that the kernel gives it. */
export const PrinterAddress = describe(
  z
    .string()
    .refine(
      (text) => ['serial', 'tcp', 'file'].includes(parsePort(text)?.bus ?? ''),
      'a serial port like /dev/ttyUSB0 or COM3, a network address like tcp://192.168.1.50, or a USB printer like file:/dev/usb/lp0',
    ),
  {
    vi: {
      title: 'Cổng kết nối',
      help: 'Cổng nối tiếp (/dev/ttyUSB0, COM3), địa chỉ mạng (tcp://192.168.1.50) hoặc máy in USB (file:/dev/usb/lp0).',
    },
    en: {
      title: 'Port',
      help: 'Serial port (/dev/ttyUSB0, COM3), network address (tcp://192.168.1.50) or USB printer (file:/dev/usb/lp0).',
    },
  },
);

export const PcscAddress = describe(
  z.string().refine((text) => parsePort(text)?.bus === 'pcsc', 'a reader of the PC/SC service like pcsc:ACR122U'),
  {
    vi: {
      title: 'Đầu đọc',
      help: 'Tên đầu đọc hoặc một phần tên, ví dụ pcsc:ACR122U. Có nhiều đầu đọc giống nhau thì ghi dài hơn: pcsc:ACR122U PICC Interface 01.',
    },
    en: {
      title: 'Reader',
      help: 'The name of the reader or a part of it, e.g. pcsc:ACR122U. With several alike write more: pcsc:ACR122U PICC Interface 01.',
    },
  },
);

export const HostAddress = describe(
  z
    .string()
    .refine((text) => parsePort(text)?.bus === 'host', 'host: (this computer)')
    .default('host:'),
  {
    vi: { title: 'Máy tính', help: 'Luôn là host: — chính máy tính đang chạy phần mềm này.' },
    en: { title: 'Computer', help: 'Always host: — the computer that this software runs on.' },
  },
);
