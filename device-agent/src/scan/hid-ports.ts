/** HID devices that a driver knows. Keyboards, mice and everything else on USB are nobody's business here and are not listed. */
import type { ScanPort } from '@tramhoc/protocol/scan';
import type { AnyDriverDefinition } from '../drivers/driver.ts';
import { type HidDevice, udevRule } from '../transports/hid.ts';
import { slotAt } from './slot-at.ts';
import { knownByUsb, type UsbKnown, usbId } from './usb-numbers.ts';

export function hidPorts(
  devices: readonly HidDevice[],
  { definitions, slots }: { definitions: readonly AnyDriverDefinition[]; slots: ReadonlyMap<string, string> },
): ScanPort[] {
  const ports: ScanPort[] = [];
  for (const [at, device] of devices.entries()) {
    const known = knownByUse(device, definitions) ?? knownByUsb(device, definitions, (discovery) => discovery.usbHid);
    if (known === undefined) continue;
    const twins = devices.filter(({ vendorId, productId }) => vendorId === device.vendorId && productId === device.productId);
    const port = portOf(device, twins);
    // a device with several interfaces is one port, unless they have to be told apart
    if (devices.slice(0, at).some((before) => before.vendorId === device.vendorId && portOf(before, twins) === port)) continue;
    ports.push(portFor(device, { port, known, slots }));
  }
  return ports;
}

function portFor(
  device: HidDevice,
  { port, known, slots }: { port: string; known: UsbKnown; slots: ReadonlyMap<string, string> },
): ScanPort {
  const about = {
    port,
    usbId: usbId(device),
    ...(device.name === undefined ? {} : { name: device.name.slice(0, 120) }),
    ...(device.serialNumber === undefined ? {} : { serialNumber: device.serialNumber.slice(0, 120) }),
  };
  const slot = slotAt([port, `hid:${usbId(device)}`, `hid:${device.path}`], slots);
  if (slot !== undefined) return { ...about, state: 'in-use', slot };
  if (device.allowed) return { ...about, state: 'found', ...known };
  const rule = udevRule({ vendorId: device.vendorId, productId: device.productId, serialNumber: undefined });
  const note = `PERMISSION_MISSING: this user may not open it; put this line into /etc/udev/rules.d/70-tramhoc.rules: ${rule}`;
  return { ...about, state: 'no-right', ...known, note };
}

/** Numbers first: they stay the same in another socket. With several alike, the serial number; where they have none, the place. */
function portOf({ vendorId, productId, serialNumber, path }: HidDevice, twins: readonly HidDevice[]): string {
  const numbers = `hid:${usbId({ vendorId, productId })}`;
  const serials = new Set(twins.map((twin) => twin.serialNumber ?? ''));
  if (twins.length === 1) return numbers;
  if (serialNumber !== undefined && /^[ -~]{1,64}$/.test(serialNumber)) return serials.size === 1 ? numbers : `${numbers}/${serialNumber}`;
  return `hid:${path}`;
}

function knownByUse({ usagePage, usage }: HidDevice, definitions: readonly AnyDriverDefinition[]): UsbKnown | undefined {
  for (const { kind, discovery } of definitions) {
    const use = discovery?.hidUsage;
    if (use === undefined || use.page !== usagePage || (use.usage ?? usage) !== usage) continue;
    return { kind, evidence: `USB usage page ${use.page.toString(16).toUpperCase()}: ${use.what}`, config: {} };
  }
  return undefined;
}
