/** USB HID devices that speak reports of their own: scanners, air monitors. The only user of node-hid, which is loaded when the first one is opened. */
import { access, constants } from 'node:fs/promises';
import { Duplex } from 'node:stream';
import { TramError } from '@tramhoc/protocol/errors';
import type { HIDAsync } from 'node-hid';
import type { Opening } from './open-link.ts';
import type { HidSelector } from './port-address.ts';

/**
 * What is written to a HID link. The first byte is the number of the report, 0 where the device has none. `report` goes out as an output
 * report, `feature` as a feature report. What is read are input reports, one Buffer each, without a leading 0.
 */
export type HidOutput = { report: Uint8Array } | { feature: Uint8Array };

/** Half a minute of the fastest device we know (a scanner at two codes a second). */
const bufferReports = 64;

/** `opened` rejects with DRIVER_PORT_UNAVAILABLE. Two programs may have the same device open: Linux does not lock it. */
export function openHid({ address, device }: { address: string; device: HidSelector }): Opening {
  let cancelled = false;
  const open = async (): Promise<Duplex> => {
    const library = await load();
    const path = 'path' in device ? device.path : await find(library, { address, device });
    let handle: HIDAsync;
    try {
      handle = await library.HIDAsync.open(path);
    } catch (cause) {
      throw await openFault({ address, path, device, cause: cause as Error });
    }
    if (cancelled) {
      await handle.close();
      throw new TramError('DRIVER_PORT_UNAVAILABLE', `${address} opened too late; try again.`);
    }
    return asLink(handle, address);
  };
  return {
    opened: open(),
    cancel() {
      cancelled = true;
    },
  };
}

export type HidDevice = {
  vendorId: number;
  productId: number;
  path: string;
  serialNumber?: string;
  name?: string;
  /** What the device says that it is: page 8C is for scanners. Unknown on systems that do not tell. */
  usagePage?: number;
  usage?: number;
  /** This user may read and write it. */
  allowed: boolean;
};

/** HID devices that are plugged in, opened or not. None where the library cannot be loaded: then no driver could use them either. */
export async function listHid(): Promise<HidDevice[]> {
  const library = await load().catch(() => undefined);
  const there = (await library?.devicesAsync().catch(() => [])) ?? [];
  const devices: HidDevice[] = [];
  for (const { vendorId, productId, path, serialNumber, product, usagePage, usage } of there) {
    if (path === undefined) continue;
    devices.push({
      ...{ vendorId, productId, path, allowed: process.platform !== 'linux' || (await accessFault(path)) === undefined },
      ...(serialNumber ? { serialNumber } : {}),
      ...(product ? { name: product } : {}),
      ...(usagePage === undefined ? {} : { usagePage }),
      ...(usage === undefined ? {} : { usage }),
    });
  }
  return devices;
}

type HidLibrary = typeof import('node-hid');

/** Its native part needs libraries that a bare Linux may not have; nobody without HID devices should notice. */
async function load(): Promise<HidLibrary> {
  try {
    const imported = (await import('node-hid')) as unknown as { default: HidLibrary };
    const library = imported.default;
    // through hidraw a device keeps its kernel driver and needs no root, only the right to its file
    if (process.platform === 'linux') library.setDriverType('hidraw');
    library.getHidapiVersion();
    return library;
  } catch (cause) {
    throw libraryFault(cause as Error);
  }
}

export function libraryFault(cause: Error): TramError {
  const [said = ''] = cause.message.split('\n');
  return new TramError(
    'DRIVER_PORT_UNAVAILABLE',
    `HID devices cannot be used on this computer (${said}); on Debian: apt-get install libudev1 libusb-1.0-0, then start the agent again.`,
    { cause },
  );
}

async function find(
  library: HidLibrary,
  { address, device }: { address: string; device: Exclude<HidSelector, { path: string }> },
): Promise<string> {
  const there = (await library.devicesAsync()).filter(
    ({ vendorId, productId, path }) => path !== undefined && vendorId === device.vendorId && productId === device.productId,
  );
  const fitting = there.filter(({ serialNumber }) => device.serialNumber === undefined || serialNumber === device.serialNumber);
  const path = interfaceOf(fitting, device.usagePage);
  if (path !== undefined) return path;
  if (fitting.length > 0) throw pageFault(address, fitting);
  const others = there.map(({ serialNumber }) => serialNumber ?? '').filter((serial) => serial !== '');
  const hint = others.length > 0 ? ` There are some with the serial numbers ${others.slice(0, 8).join(', ')}.` : '';
  throw new TramError(
    'DRIVER_PORT_UNAVAILABLE',
    `${address}: there is no such USB device; plug it in, and check the numbers with lsusb.${hint}`,
  );
}

type Interface = { path?: string | undefined; usagePage?: number | undefined };

/** Where there is one interface only, or the system does not tell pages, there is nothing to choose. */
export function interfaceOf(fitting: readonly Interface[], usagePage: number | undefined): string | undefined {
  const places = new Set(fitting.map(({ path }) => path));
  if (usagePage === undefined || places.size <= 1 || fitting.every((one) => !one.usagePage)) return fitting[0]?.path;
  return fitting.find((one) => one.usagePage === usagePage)?.path;
}

function pageFault(address: string, fitting: readonly Interface[]): TramError {
  const pages = [...new Set(fitting.map(({ usagePage }) => usagePage?.toString(16) ?? '?'))].join(', ');
  return new TramError(
    'DRIVER_PORT_UNAVAILABLE',
    `${address}: the device has no interface with that usage page, only ${pages}; set it to the right mode (its manual has a code to scan), or name the interface like hid:/dev/hidraw0.`,
  );
}

async function openFault({
  address,
  path,
  device,
  cause,
}: {
  address: string;
  path: string;
  device: HidSelector;
  cause: Error;
}): Promise<TramError> {
  const code = process.platform === 'linux' ? await accessFault(path) : undefined;
  return hidFault({ address, path, device, code, cause });
}

/** Why this user may not read and write `path`: ENOENT, EACCES, undefined when it may. */
async function accessFault(path: string): Promise<string | undefined> {
  try {
    await access(path, constants.R_OK | constants.W_OK);
    return undefined;
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code;
  }
}

/** What the operating system said, as what to do next. */
export function hidFault({
  address,
  path,
  device,
  code,
  cause,
}: {
  address: string;
  path: string;
  device: HidSelector;
  code: string | undefined;
  cause: Error;
}): TramError {
  const unavailable = (text: string): TramError => new TramError('DRIVER_PORT_UNAVAILABLE', `${address}: ${text}`, { cause });
  if (code === 'ENOENT' || code === 'ENODEV' || code === 'ENXIO')
    return unavailable(`there is no ${path}; plug the device in, and list what is there with: ls /dev/hidraw*`);
  if (code === 'EACCES' || code === 'EPERM')
    return unavailable(
      `this user may not open ${path}; put this line into /etc/udev/rules.d/70-tramhoc.rules: ${udevRule(device)} then plug it in again.`,
    );
  return unavailable(`${cause.message}; plug it in again, and close other programs that use it.`);
}

/** Gives the group plugdev the right to a device, and to a person who sits in front of it. Numbers in udev are lower-case hex. */
export function udevRule(device: HidSelector): string {
  const hex = (value: number): string => value.toString(16).padStart(4, '0');
  const which = 'path' in device ? '' : `ATTRS{idVendor}=="${hex(device.vendorId)}", ATTRS{idProduct}=="${hex(device.productId)}", `;
  return `SUBSYSTEM=="hidraw", ${which}MODE="0660", GROUP="plugdev", TAG+="uaccess"`;
}

/** Reads all the time while its buffer has room, so that an unplugged device is noticed whether anybody reads or not. */
function asLink(handle: HIDAsync, address: string): Duplex {
  const lost = (cause: Error): TramError =>
    new TramError('DRIVER_PORT_LOST', `${address} closed while open; plug the device in again.`, { cause });
  let room = true;
  const link = new Duplex({
    objectMode: true,
    highWaterMark: bufferReports,
    read() {
      if (!room) handle.resume();
      room = true;
    },
    write(output: HidOutput, _encoding, done) {
      const sending = 'feature' in output ? handle.sendFeatureReport([...output.feature]) : handle.write([...output.report]);
      sending.then(
        () => done(),
        (cause: Error) => done(lost(cause)),
      );
    },
    destroy(cause, done) {
      handle.close().then(
        () => done(cause),
        (closing: Error) => done(cause ?? closing),
      );
    },
  });
  handle.on('error', (cause: Error) => {
    if (!link.destroyed) link.destroy(lost(cause));
  });
  handle.on('data', (report: Uint8Array) => {
    if (link.destroyed) return;
    room = link.push(Buffer.from(report));
    if (!room) handle.pause();
  });
  return link;
}
