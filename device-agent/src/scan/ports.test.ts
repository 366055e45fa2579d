/** Which ports there are, whose they are, and what their USB numbers say; on a system folder made for the test. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { maxSlots } from '@tramhoc/protocol/limits';
import { ScanPort } from '@tramhoc/protocol/scan';
import { DesiredState } from '@tramhoc/protocol/twin';
import { expect, onTestFinished, test } from 'vitest';
import { driverOf, drivers } from '../drivers/registry.ts';
import type { HidDevice } from '../transports/hid.ts';
import { hidPorts } from './hid-ports.ts';
import { planProposal } from './plan-proposal.ts';
import { scanLines } from './print-scan.ts';
import { listSerialPorts } from './serial-ports.ts';
import { slotAt } from './slot-at.ts';
import { slotPorts } from './slot-ports.ts';
import { knownByUsb } from './usb-numbers.ts';

function systemFolder(): string {
  const root = mkdtempSync(join(tmpdir(), 'tram-ports-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const usb = join(root, 'sys/devices/pci0/usb1/1-1');
  const write = (path: string, text: string): void => {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), `${text}\n`);
  };
  write('sys/devices/pci0/usb1/1-1/idVendor', '0403');
  write('sys/devices/pci0/usb1/1-1/idProduct', '6001');
  write('sys/devices/pci0/usb1/1-1/serial', 'A50285BI');
  write('sys/devices/pci0/usb1/1-1/product', 'FT232R USB UART');
  mkdirSync(join(usb, '1-1:1.0/ttyUSB0'), { recursive: true });
  write('sys/devices/platform/serial8250/x', '');
  for (const [name, type] of [
    ['ttyS0', '4'],
    ['ttyS1', '0'],
    ['ttyS2', '4'],
    ['ttyUSB0', ''],
    ['tty1', ''],
    ['console', ''],
  ] as const) {
    mkdirSync(join(root, 'sys/class/tty', name), { recursive: true });
    if (type !== '') write(`sys/class/tty/${name}/type`, type);
  }
  write('sys/class/tty/console/active', 'tty1 ttyS2');
  symlinkSync(join(usb, '1-1:1.0/ttyUSB0'), join(root, 'sys/class/tty/ttyUSB0/device'));
  symlinkSync(join(root, 'sys/devices/platform/serial8250'), join(root, 'sys/class/tty/ttyS0/device'));
  write('dev/ttyUSB0', '');
  mkdirSync(join(root, 'dev/serial/by-id'), { recursive: true });
  symlinkSync('../../ttyUSB0', join(root, 'dev/serial/by-id/usb-FTDI_FT232R_USB_UART_A50285BI-if00-port0'));
  return root;
}

test('adapters go by the name that stays; ports without a chip and the one of the system console are left out', async () => {
  expect(await listSerialPorts({ root: systemFolder(), platform: 'linux' })).toEqual([
    { path: '/dev/ttyS0', device: '/dev/ttyS0' },
    {
      path: '/dev/serial/by-id/usb-FTDI_FT232R_USB_UART_A50285BI-if00-port0',
      device: '/dev/ttyUSB0',
      vendorId: 0x0403,
      productId: 0x6001,
      serialNumber: 'A50285BI',
      name: 'FT232R USB UART',
    },
  ]);
  expect(await listSerialPorts({ root: join(tmpdir(), 'no-such-folder'), platform: 'linux' })).toEqual([]);
});

test('a slot keeps its port whatever name it was configured by', () => {
  const root = systemFolder();
  const [byId, device] = [join(root, 'dev/serial/by-id/usb-FTDI_FT232R_USB_UART_A50285BI-if00-port0'), join(root, 'dev/ttyUSB0')];
  expect(slotAt([byId], new Map([[device, 'gate']]))).toBe('gate');
  expect(slotAt([device], new Map([[byId, 'gate']]))).toBe('gate');
  expect(slotAt(['hid:04D9:A052'], new Map([['hid:04d9:a052', 'air']]))).toBe('air');
  expect(slotAt([join(root, 'dev/ttyUSB1')], new Map([[device, 'gate']]))).toBe(undefined);
  const running = { board: { kind: 'pjlink', config: { port: 'tcp://192.168.1.40' } }, odd: { kind: 'gone', config: {} } };
  expect([...slotPorts(running, driverOf)]).toEqual([
    ['tcp://192.168.1.40', 'board'],
    ['tcp://192.168.1.40:4352', 'board'],
  ]);
});

test('USB numbers: a product goes before its maker, and an adapter says nothing about what hangs on it', () => {
  const serial = (vendorId: number, productId: number) => knownByUsb({ vendorId, productId }, drivers, ({ usbSerial }) => usbSerial);
  expect(serial(0x05e0, 0x1701)).toMatchObject({ kind: 'scanner-serial', evidence: 'USB 05e0:1701: Symbol/Zebra scanner' });
  expect(serial(0x0403, 0x6001)).toBe(undefined);
  expect(serial(0x1a86, 0x7523)).toBe(undefined);
  expect(knownByUsb({}, drivers, ({ usbSerial }) => usbSerial)).toBe(undefined);
});

const hid = (vendorId: number, productId: number, more: Partial<HidDevice> = {}): HidDevice => ({
  ...{ vendorId, productId, path: '/dev/hidraw0', allowed: true },
  ...more,
});

test('of HID devices only those are listed that a driver knows; a keyboard is nobody', () => {
  const devices = [
    hid(0x04d9, 0xa052, { name: 'USB-zyTemp', usagePage: 0xff00 }),
    hid(0x046d, 0xc31c, { path: '/dev/hidraw1', usagePage: 1, usage: 6 }),
    hid(0x0c2e, 0x0b87, { path: '/dev/hidraw2', usagePage: 0x8c, usage: 2, allowed: false }),
    hid(0xffff, 0x0035, { path: '/dev/hidraw3', usagePage: 1, usage: 6 }),
  ];
  const ports = hidPorts(devices, { definitions: drivers, slots: new Map([['hid:ffff:0035', 'desk']]) });
  expect(ports).toMatchObject([
    { port: 'hid:04d9:a052', state: 'found', kind: 'co2-mini', name: 'USB-zyTemp' },
    { port: 'hid:0c2e:0b87', state: 'no-right', kind: 'hid-pos-scanner', note: expect.stringContaining('ATTRS{idVendor}=="0c2e"') },
    { port: 'hid:ffff:0035', state: 'in-use', slot: 'desk' },
  ]);
  for (const port of ports) expect(ScanPort.parse(port)).toEqual(port);
});

test('two devices alike are told apart by their serial number, or by where they are plugged in; two interfaces of one are one', () => {
  const at = (path: string, serialNumber?: string) =>
    hid(0x04d9, 0xa052, { path, ...(serialNumber === undefined ? {} : { serialNumber }) });
  const portsOf = (devices: HidDevice[]) => hidPorts(devices, { definitions: drivers, slots: new Map() }).map(({ port }) => port);
  expect(portsOf([at('/dev/hidraw0', '1.40'), at('/dev/hidraw1', '2.00')])).toEqual(['hid:04d9:a052/1.40', 'hid:04d9:a052/2.00']);
  expect(portsOf([at('/dev/hidraw0'), at('/dev/hidraw1')])).toEqual(['hid:/dev/hidraw0', 'hid:/dev/hidraw1']);
  expect(portsOf([at('/dev/hidraw0', '2.00'), at('/dev/hidraw1', '2.00')])).toEqual(['hid:04d9:a052']);
});

const found = (port: string, kind = 'rdm6300', config = {}): ScanPort => ({ port, kind, state: 'found', evidence: 'x', config });

test('a proposal keeps what runs, adds what was found, and adds nothing twice', () => {
  const running = { gate: { kind: 'rdm6300', config: { port: '/dev/ttyUSB0' } } };
  const ports: ScanPort[] = [
    found('/dev/ttyUSB0'),
    found('/dev/ttyUSB1', 'rdm6300', { checksum: 'sum' }),
    found('/dev/ttyUSB2'),
    { port: '/dev/ttyUSB3', state: 'silent' },
  ];
  const { desired, added, left } = planProposal(ports, running);
  expect(desired.drivers).toEqual({
    ...running,
    rdm6300: { kind: 'rdm6300', config: { port: '/dev/ttyUSB1', checksum: 'sum' } },
    'rdm6300-2': { kind: 'rdm6300', config: { port: '/dev/ttyUSB2' } },
  });
  expect([added, left]).toEqual([['rdm6300', 'rdm6300-2'], []]);
  expect(DesiredState.parse(desired)).toEqual(desired);
  expect(planProposal(ports, desired.drivers)).toEqual({ desired, added: [], left: [] });
});

test('what no slot is left for is said', () => {
  const ports = Array.from({ length: maxSlots + 2 }, (_, at) => found(`/dev/ttyUSB${at}`));
  expect(planProposal(ports, {})).toMatchObject({ left: [`/dev/ttyUSB${maxSlots}`, `/dev/ttyUSB${maxSlots + 1}`] });
});

test('each port is a few lines that say what it is and what to do', () => {
  const text = (port: ScanPort) => scanLines(port, (kind) => driverOf(kind)?.title.en).join('\n');
  expect(text({ ...found('/dev/ttyUSB0', 'mhz19'), name: 'CH340', usbId: '1a86:7523' })).toBe(
    '/dev/ttyUSB0  (CH340, 1a86:7523)\n  found      mhz19: Winsen CO₂ sensor (MH-Z19)\n  because    x',
  );
  expect(text({ port: '/dev/ttyUSB0', state: 'no-right', note: 'add the user' })).toContain('do         add the user');
  expect(text({ port: '/dev/ttyUSB0', state: 'in-use', slot: 'gate' as never })).toContain('by slot gate');
});
