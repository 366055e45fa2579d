/** A scanner with a keyboard beside its HID-POS interface, put under the driver by umockdev (Debian: umockdev). Made up from the usage tables. */
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';

const run = promisify(execFile);
const program = join(import.meta.dirname, '../../testing/print-readings.ts');
const hasUmockdev = spawnSync('umockdev-run', ['--version'], { stdio: 'ignore' }).status === 0;
/** Usage page, usage, one collection with 64 bytes in. Page 01 usage 06 is a keyboard, page 8C usage 02 a scanner. */
const descriptor = (page: string, usage: string): string => `05${page}09${usage}A101150026FF007508954009008102C0`;
const interfaces = [
  { name: 'hidraw0', number: 0, descriptor: descriptor('01', '06') },
  { name: 'hidraw1', number: 1, descriptor: descriptor('8C', '02') },
] as const;

function described(): string {
  const usb = '/devices/pci0000:00/0000:00:14.0/usb1/1-1';
  const id = 'HID_ID=0003:000005E0:00000600';
  const parts = interfaces.map(({ name, number, descriptor: bytes }) => {
    const at = `${usb}/1-1:1.${number}`;
    const hid = `${at}/0003:05E0:0600.000${number + 1}`;
    return [
      `P: ${hid}/hidraw/${name}\nN: ${name}\nE: DEVNAME=/dev/${name}\nE: MAJOR=240\nE: MINOR=${number}\nE: SUBSYSTEM=hidraw\nA: dev=240:${number}\nL: device=../../../0003:05E0:0600.000${number + 1}`,
      `P: ${hid}\nE: DRIVER=hid-generic\nE: ${id}\nE: HID_NAME=Scanner\nE: SUBSYSTEM=hid\nA: uevent=DRIVER=hid-generic\\n${id}\\nHID_NAME=Scanner\\nHID_PHYS=usb-0000:00:14.0-1/input${number}\\nHID_UNIQ=\\n\nH: report_descriptor=${bytes}`,
      `P: ${at}\nE: DEVTYPE=usb_interface\nE: SUBSYSTEM=usb\nA: bInterfaceNumber=0${number}`,
    ].join('\n\n');
  });
  const device = `P: ${usb}\nN: bus/usb/001/002\nE: DEVNAME=/dev/bus/usb/001/002\nE: DEVTYPE=usb_device\nE: MAJOR=189\nE: MINOR=1\nE: PRODUCT=5e0/600/100\nE: SUBSYSTEM=usb\nA: idVendor=05e0\nA: idProduct=0600\nA: manufacturer=Maker\nA: product=Scanner\nA: bcdDevice=0100\nA: busnum=1\nA: devnum=2`;
  return `${[...parts, device].join('\n\n')}\n`;
}

/** What the kernel answers about the descriptor; sizes are little endian, the buffer has 4,096 bytes. */
function answersOf(name: string, bytes: string): string {
  const size = `${(bytes.length / 2).toString(16).toUpperCase().padStart(2, '0')}000000`;
  return `@DEV /dev/${name}\nHIDIOCGRDESCSIZE 0 ${size}\nHIDIOCGRDESC 0 ${size}${bytes.padEnd(8_192, '0')}\nHIDIOCGRAWINFO 0 03000000E0050006\n`;
}

/** One code in a report of Access-IS, again and again. */
function script(name: string): string {
  const report = Buffer.alloc(64);
  report.set([2, 4]);
  report.write(']Q0' + '1234', 2, 'latin1');
  const written = [...report].map((byte) => (byte < 32 ? `^${String.fromCharCode(byte + 64)}` : String.fromCharCode(byte))).join('');
  return `d 0 /dev/${name}\n${`r 300 ${written}\n`.repeat(40)}`;
}

test.skipIf(!hasUmockdev)('of a scanner that is a keyboard as well the interface with page 8C is read', { timeout: 60_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tramhoc-hid-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text, 'latin1');
    return join(folder, name);
  };
  const words = (config: object): string[] => [
    ...['-d', file('two.umockdev', described())],
    ...interfaces.flatMap(({ name, descriptor: bytes }) => ['-i', `/dev/${name}=${file(`${name}.ioctl`, answersOf(name, bytes))}`]),
    ...['-s', `/dev/hidraw1=${file('scans.script', script('hidraw1'))}`],
    ...['--', process.execPath, program, 'hid-pos-scanner', JSON.stringify(config), '1'],
  ];
  const read = async (port: string): Promise<unknown> =>
    JSON.parse((await run('umockdev-run', words({ port }), { timeout: 30_000 })).stdout) as unknown;
  expect(await read('hid:05e0:0600')).toEqual({ kind: 'code', text: '1234' });
  expect(await read('hid:05e0:0600:ff45')).toEqual({
    error: 'DRIVER_PORT_UNAVAILABLE',
    message: expect.stringContaining('only 1, 8c'),
  });
});
