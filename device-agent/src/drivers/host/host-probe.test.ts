import { systemClock } from '@tramhoc/base/clock';
import { ComputerLoad, ComputerState } from '@tramhoc/protocol/asset';
import { expect, test } from 'vitest';
import { openLink } from '../../transports/open-link.ts';
import { decode, encodeQuestion, type HostAnswer } from './codec.ts';
import { loadOf, type RawHost, stateOf, usbOf } from './host-probe.ts';

/** Shapes that systeminformation 5 documents, with values of a Windows PC and of a Linux laptop. */
const windowsPc: RawHost = {
  system: { manufacturer: 'Dell Inc.', model: 'Vostro 3710', serial: '7XK2M93' },
  cpu: { manufacturer: 'Intel', brand: 'Core™ i3-12100', cores: 8 },
  memoryBytes: 8_335_224_832,
  os: { distro: 'Microsoft Windows 11 Pro', release: '10.0.22631', kernel: '10.0.22631', arch: 'x64' },
  disks: [
    { name: 'KBG40ZNS256G NVMe KIOXIA 256GB', vendor: 'KIOXIA', type: 'NVMe', size: 256_060_514_304, smartStatus: 'Ok' },
    { name: 'TOSHIBA DT01ACA100', vendor: 'Toshiba', type: 'HD', size: 1_000_202_273_280, smartStatus: 'Pred Fail' },
  ],
  volumes: [{ mount: 'C:', type: 'NTFS', size: 255_000_000_000, use: 71.4, rw: true }],
  networks: [
    { iface: 'Ethernet', mac: 'D0:94:66:AA:BB:CC', type: 'wired', operstate: 'up', speed: 1_000, internal: false, virtual: false },
    { iface: 'vEthernet (WSL)', mac: '00:15:5D:00:11:22', type: 'wired', operstate: 'up', speed: 10_000, internal: false, virtual: true },
  ],
  battery: { hasBattery: false },
  printers: [{ name: 'Microsoft Print to PDF' }, { name: 'Canon LBP2900' }],
};
const linuxLaptop: RawHost = {
  system: { manufacturer: 'LENOVO', model: '20Q0A00KVA', serial: '-' },
  cpu: { manufacturer: 'AMD', brand: 'Ryzen 5 3500U', cores: 8 },
  memoryBytes: 7_116_369_920,
  os: { distro: 'Ubuntu', release: '24.04.1 LTS', kernel: '6.8.0-49-generic', arch: 'x64' },
  disks: [{ name: 'SAMSUNG MZVLB256HBHQ', vendor: '', type: 'NVMe', size: 256_060_514_304, smartStatus: 'unknown' }],
  volumes: [
    { mount: '/', type: 'ext4', size: 250_438_021_120, use: 38.91, rw: true },
    { mount: '/snap/core22/1', type: 'squashfs', size: 77_000_000, use: 100, rw: false },
    { mount: '/media/an/USB', type: 'vfat', size: 8_000_000_000, use: 4, rw: true },
  ],
  networks: [
    { iface: 'lo', mac: '00:00:00:00:00:00', type: 'virtual', operstate: 'unknown', speed: null, internal: true, virtual: false },
    { iface: 'wlp1s0', mac: '02:fc:00:00:00:01', type: 'wireless', operstate: 'up', speed: -1, internal: false, virtual: false },
  ],
  battery: { hasBattery: true, designedCapacity: 50_000, maxCapacity: 41_000 },
  printers: [],
  updates: { pendingCount: 12, securityCount: 3, restartNeeded: true },
};

test('a Windows PC is told with its disks, one of which will not last, and without what only looks like a network card', () => {
  const state = stateOf(windowsPc);
  expect(ComputerState.omit({ usb: true }).parse(state)).toEqual(state);
  expect(state).toMatchObject({
    manufacturer: 'Dell Inc.',
    model: 'Vostro 3710',
    serial: '7XK2M93',
    cpu: { model: 'Intel Core™ i3-12100', coreCount: 8 },
    memoryMiB: 7_949,
    disks: [
      { kind: 'ssd', sizeGiB: 238.5, health: 'ok' },
      { kind: 'hdd', sizeGiB: 931.5, health: 'failing' },
    ],
    volumes: [{ mount: 'C:', usedPct: 71 }],
    networks: [{ name: 'Ethernet', mac: 'd0:94:66:aa:bb:cc', kind: 'wired', up: true, speedMbps: 1_000 }],
    printers: ['Microsoft Print to PDF', 'Canon LBP2900'],
  });
  expect(Object.keys(state)).not.toContain('battery');
});

test('a Linux laptop is told without its placeholder serial number and without the stick that somebody plugged in', () => {
  const state = stateOf(linuxLaptop);
  expect(ComputerState.omit({ usb: true }).parse(state)).toEqual(state);
  expect(state.serial).toBe(undefined);
  expect(state.volumes).toEqual([{ mount: '/', sizeGiB: 233.2, usedPct: 39 }]);
  expect(state.networks).toEqual([{ name: 'wlp1s0', mac: '02:fc:00:00:00:01', kind: 'wireless', up: true }]);
  expect([state.battery, state.updates, state.disks[0]!.health]).toEqual([{ healthPct: 82 }, linuxLaptop.updates, 'unknown']);
  expect(JSON.stringify(state)).not.toContain('/media/an');
});

test('a computer of which nothing can be told is told as such', () => {
  const state = stateOf({});
  expect(ComputerState.omit({ usb: true }).parse(state)).toEqual(state);
  expect(state.disks).toEqual([]);
});

test('a telephone keeps its name to itself, hubs of the board are nothing, and no serial number is anywhere', () => {
  const devices = usbOf([
    { vendorId: '1d6b', productId: '0002', name: 'Linux xhci-hcd', port: '1-0', interfaceClasses: ['09'] },
    { vendorId: '05ac', productId: '12a8', name: 'Apple Inc. iPhone của An', port: '1-2', interfaceClasses: ['ff'] },
    { vendorId: '04e8', productId: '6860', name: 'An nè', port: '1-3', interfaceClasses: ['06', 'ff'] },
    { vendorId: '072F', productId: '2200', name: 'ACS ACR122U\nPICC', port: '1-1' },
    { vendorId: 'zz', productId: '1', name: 'x', port: '9' },
  ]);
  expect(devices).toEqual([
    { vendorId: '072f', productId: '2200', name: 'ACS ACR122U PICC', port: '1-1' },
    { vendorId: '05ac', productId: '12a8', name: '', port: '1-2' },
    { vendorId: '04e8', productId: '6860', name: '', port: '1-3' },
  ]);
});

test('load is told in shares; sensors that are not there are left out', () => {
  expect(loadOf({ cpuPct: 12.5, memoryBytes: 8_000, availableBytes: 2_000, temperatureC: 51, batteryPct: 80 })).toEqual({
    cpuPct: 12.5,
    memoryUsedPct: 75,
    temperatureC: 51,
    batteryPct: 80,
  });
  expect(loadOf({ cpuPct: 100.4, memoryBytes: 8_000, availableBytes: 9_000, temperatureC: 0 })).toEqual({ cpuPct: 100, memoryUsedPct: 0 });
  expect(loadOf({ cpuPct: Number.NaN, memoryBytes: 8_000, availableBytes: 1 })).toBe(undefined);
});

test('this very computer answers every question in the shape of the contract', { timeout: 120_000 }, async () => {
  const spec = { port: 'host:', serial: { baudRate: 9600, dataBits: 8, parity: 'none', stopBits: 1 } } as const;
  const link = await openLink(spec, { clock: systemClock() });
  const answers = new Map<string, HostAnswer>();
  const all = new Promise<void>((resolve) => {
    link.on('data', (message: Uint8Array) => {
      const answer = decode(message);
      expect(answer).toBeDefined();
      answers.set(answer!.told, answer!);
      if (answers.size === 3) resolve();
    });
  });
  for (const question of ['state', 'usb', 'load'] as const) link.write(encodeQuestion(question));
  await all;
  link.destroy();
  const [state, load] = [answers.get('state'), answers.get('load')];
  expect(state?.told === 'state' && state.state.memoryMiB > 100 && state.state.cpu.coreCount > 0 && state.state.os.name !== '').toBe(true);
  expect(load?.told === 'load' && ComputerLoad.safeParse(load.load).success && load.load.memoryUsedPct > 0).toBe(true);
});
