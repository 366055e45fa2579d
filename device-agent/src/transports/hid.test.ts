import { expect, test } from 'vitest';
import { hidFault, interfaceOf, libraryFault, udevRule } from './hid.ts';
import { hidAddress, NetworkAddress, PortAddress, parsePort, withUsagePage } from './port-address.ts';

const monitor = { vendorId: 0x04d9, productId: 0xa052, serialNumber: undefined };

test('HID addresses are taken apart, and nonsense is none', () => {
  expect(parsePort('hid:04d9:a052')).toEqual({ bus: 'hid', device: monitor });
  expect(parsePort('hid:04D9:A052/2.00')).toEqual({ bus: 'hid', device: { ...monitor, serialNumber: '2.00' } });
  expect(parsePort('hid:/dev/hidraw3')).toEqual({ bus: 'hid', device: { path: '/dev/hidraw3' } });
  expect(parsePort('hid:\\\\?\\hid#vid_04d9&pid_a052#7&1#{4d1e55b2}')).toEqual({
    bus: 'hid',
    device: { path: '\\\\?\\hid#vid_04d9&pid_a052#7&1#{4d1e55b2}' },
  });
  expect(parsePort('hid:DevSrvsID:4295034134')).toEqual({ bus: 'hid', device: { path: 'DevSrvsID:4295034134' } });
  for (const nonsense of [
    'hid:',
    'hid:04d9',
    'hid:4d9:a052',
    'hid:04d9:a052/',
    'hid:04d9:a05g',
    'hid:hidraw0',
    `hid:/${'x'.repeat(300)}`,
    'hid:/a b',
  ])
    expect([nonsense, parsePort(nonsense)]).toEqual([nonsense, undefined]);
});

test('each kind of device takes only addresses of its kind', () => {
  const Hid = hidAddress('hid:04d9:a052');
  for (const [address, kinds] of [
    ['hid:04d9:a052', [true, false, false]],
    ['/dev/ttyUSB0', [false, true, false]],
    ['tcp://192.168.1.30:4001', [false, true, true]],
  ] as const)
    expect([address, [Hid, PortAddress, NetworkAddress].map((schema) => schema.safeParse(address).success)]).toEqual([address, kinds]);
});

test('a missing right says which line to write where', () => {
  const fault = hidFault({
    address: 'hid:04d9:a052',
    path: '/dev/hidraw0',
    device: monitor,
    code: 'EACCES',
    cause: new Error('cannot open device with path /dev/hidraw0'),
  });
  expect(fault.code).toBe('DRIVER_PORT_UNAVAILABLE');
  expect(fault.message).toContain('/etc/udev/rules.d/70-tramhoc.rules');
  expect(fault.message).toContain('ATTRS{idVendor}=="04d9", ATTRS{idProduct}=="a052", MODE="0660", GROUP="plugdev"');
  expect(udevRule({ path: '/dev/hidraw0' })).toBe('SUBSYSTEM=="hidraw", MODE="0660", GROUP="plugdev", TAG+="uaccess"');
});

test('what else the operating system says becomes what to do', () => {
  const said = (code: string | undefined) =>
    hidFault({ address: 'hid:04d9:a052', path: '/dev/hidraw0', device: monitor, code, cause: new Error('cannot open device') }).message;
  expect(said('ENOENT')).toContain('plug the device in');
  expect(said(undefined)).toContain('close other programs');
});

test('a computer without the library gives one clear line', () => {
  const fault = libraryFault(
    new Error('libudev.so.1: cannot open shared object file: No such file or directory\nRequire stack:\n- a\n- b'),
  );
  expect(fault.code).toBe('DRIVER_PORT_UNAVAILABLE');
  expect(fault.message).toContain('(libudev.so.1: cannot open shared object file: No such file or directory)');
  expect(fault.message).toContain('apt-get install libudev1');
  expect(fault.message).not.toContain('\n');
});

test('of several interfaces the one with the usage page is taken; where there is nothing to choose, the one that is there', () => {
  expect(parsePort('hid:05e0:0600:8c/A1')).toEqual({
    bus: 'hid',
    device: { vendorId: 0x05e0, productId: 0x0600, serialNumber: 'A1', usagePage: 0x8c },
  });
  expect(['hid:05e0:0600', 'hid:05e0:0600/A1', 'hid:05e0:0600:ff45', 'hid:/dev/hidraw0'].map((port) => withUsagePage(port, 0x8c))).toEqual([
    ...['hid:05e0:0600:8c', 'hid:05e0:0600:8c/A1', 'hid:05e0:0600:ff45', 'hid:/dev/hidraw0'],
  ]);
  const both = [
    { path: 'a', usagePage: 1 },
    { path: 'b', usagePage: 0x8c },
  ];
  expect(interfaceOf(both, 0x8c)).toBe('b');
  expect(interfaceOf(both, 0xff45)).toBeUndefined();
  expect(interfaceOf(both, undefined)).toBe('a');
  expect(interfaceOf(both.slice(0, 1), 0x8c)).toBe('a');
  expect(interfaceOf([{ path: 'a' }, { path: 'b', usagePage: 0 }], 0x8c)).toBe('a');
});
