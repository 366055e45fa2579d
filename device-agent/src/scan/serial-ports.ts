/** The serial ports of this computer, by the names that stay when something else is plugged in. */
import { readdirSync, readFileSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** `path` is what is opened and configured; `device` what it means just now (`/dev/ttyUSB0`). */
export type FoundPort = {
  path: string;
  device: string;
  vendorId?: number;
  productId?: number;
  serialNumber?: string;
  name?: string;
};

/** From the interface of an adapter up to the device that carries its numbers: three levels, with a hub's worth to spare. */
const maxLevelsUp = 8;
/** Adapters, modems (CDC), the computer's own ports, and those of small boards. */
const portNames = /^tty(?:USB|ACM|S|AMA|XRUSB|WCHUSB|mxc|THS)\d{1,3}$/;
/** Built into the kernel whether there is a chip or not: `type` 0 is a port without one. */
const placeholders = /^ttyS\d+$/;

/** `root` is where sys and dev are, for tests. A port that the system's own console uses is left out. */
export async function listSerialPorts({ root = '/', platform = process.platform } = {}): Promise<FoundPort[]> {
  return platform === 'linux' ? linuxPorts(root) : otherPorts();
}

function linuxPorts(root: string): FoundPort[] {
  const classFolder = join(root, 'sys/class/tty');
  const stable = stableNames(root);
  const consoles = new Set((fileText(join(classFolder, 'console/active')) ?? '').split(/\s+/));
  const ports: FoundPort[] = [];
  for (const name of namesIn(classFolder).filter((each) => portNames.test(each) && !consoles.has(each))) {
    const folder = join(classFolder, name);
    if (placeholders.test(name) && (fileText(join(folder, 'type')) ?? '0') === '0') continue;
    const device = `/dev/${name}`;
    ports.push({ path: stable.get(name) ?? device, device, ...usbOf(join(folder, 'device')) });
  }
  return ports.sort((a, b) => a.device.localeCompare(b.device, 'en', { numeric: true }));
}

/** ttyUSB0 -> /dev/serial/by-id/…, which names the adapter and not the order in which it was plugged in. */
function stableNames(root: string): Map<string, string> {
  const folder = '/dev/serial/by-id';
  const names = new Map<string, string>();
  for (const link of namesIn(join(root, folder))) {
    const target = realPath(join(root, folder, link));
    if (target !== undefined) names.set(basename(target), `${folder}/${link}`);
  }
  return names;
}

function usbOf(interfaceFolder: string): Partial<FoundPort> {
  let folder = realPath(interfaceFolder);
  for (let level = 0; level < maxLevelsUp && folder !== undefined && folder !== dirname(folder); level += 1) {
    const vendor = fileText(join(folder, 'idVendor'));
    const product = fileText(join(folder, 'idProduct'));
    if (vendor !== undefined && product !== undefined) {
      const serialNumber = fileText(join(folder, 'serial'));
      const name = fileText(join(folder, 'product'));
      return {
        vendorId: Number.parseInt(vendor, 16),
        productId: Number.parseInt(product, 16),
        ...(serialNumber === undefined ? {} : { serialNumber }),
        ...(name === undefined ? {} : { name }),
      };
    }
    folder = dirname(folder);
  }
  return {};
}

/** macOS and Windows, by serialport, which nobody else should have to load for it. */
async function otherPorts(): Promise<FoundPort[]> {
  const { SerialPort } = await import('serialport');
  const ports = await SerialPort.list();
  return ports.map(({ path, vendorId, productId, serialNumber, manufacturer }) => ({
    path,
    device: path,
    ...(vendorId === undefined || productId === undefined
      ? {}
      : { vendorId: Number.parseInt(vendorId, 16), productId: Number.parseInt(productId, 16) }),
    ...(serialNumber === undefined ? {} : { serialNumber }),
    ...(manufacturer === undefined ? {} : { name: manufacturer }),
  }));
}

/** The file behind a link, for comparing two names of one port; undefined when there is none. */
export function realPath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function fileText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
}
