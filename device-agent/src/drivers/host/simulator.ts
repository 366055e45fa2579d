/** A computer that is asked what it is: a school's PC with a few things plugged in, as systeminformation told of one. */
import { z } from 'zod';
import { cable, defineSimulator, type Simulator } from '../simulator.ts';

export type SimulatedComputer = Simulator & {
  plugUsb(device: { vendorId: string; productId: string; name: string; port: string }): void;
  unplugUsb(port: string): void;
};

const Options = z.strictObject({ model: z.string().max(64).default('Vostro 3710') });

type Usb = { vendorId: string; productId: string; name: string; port: string };

export const hostSimulator = defineSimulator<SimulatedComputer, z.infer<typeof Options>>({
  kind: 'host',
  usage: [
    'plug 1a86:7523 2-1    plug a USB device into port 2-1',
    'unplug 2-1            take it out',
    'load 80               the processor works at 80 %',
    'disk failing | disk ok',
    'updates 12            so many updates wait',
  ],
  optionsSchema: Options,
  build(_deps, { model }) {
    const usb = new Map<string, Usb>([
      ['1-1', { vendorId: '046d', productId: 'c31c', name: 'Logitech USB Keyboard', port: '1-1' }],
      ['1-2', { vendorId: '072f', productId: '2200', name: 'ACS ACR122U PICC Interface', port: '1-2' }],
    ]);
    let cpuPct = 7.5;
    let health = 'ok';
    let pendingCount = 0;
    const state = (): object => ({
      manufacturer: 'Dell Inc.',
      model,
      serial: 'SIM0001',
      cpu: { model: 'Intel Core i3-12100', coreCount: 8 },
      memoryMiB: 7_680,
      os: { name: 'Ubuntu', version: '24.04.1 LTS', kernel: '6.8.0-49-generic', architecture: 'x64' },
      updates: { pendingCount, securityCount: 0, restartNeeded: false },
      disks: [{ name: 'SAMSUNG MZVL2256HCHQ', kind: 'ssd', sizeGiB: 238.5, health }],
      volumes: [{ mount: '/', sizeGiB: 233.2, usedPct: 41 }],
      networks: [{ name: 'enp1s0', mac: '02:00:00:00:00:01', kind: 'wired', up: true, speedMbps: 1_000 }],
      printers: [],
    });
    const answer = (ask: unknown): object | undefined => {
      if (ask === 'state') return { told: 'state', state: state() };
      if (ask === 'usb') return { told: 'usb', devices: [...usb.values()] };
      return ask === 'load' ? { told: 'load', load: { cpuPct, memoryUsedPct: 38.2, temperatureC: 46 } } : undefined;
    };
    const wire = cable({
      onBytes(chunk) {
        const told = answer((JSON.parse(Buffer.from(chunk).toString('utf8')) as { ask?: unknown }).ask);
        if (told !== undefined) wire.send(Buffer.from(JSON.stringify(told)));
      },
    });
    return {
      plug: wire.plug,
      unplug: wire.unplug,
      plugUsb: (device) => void usb.set(device.port, device),
      unplugUsb: (port) => void usb.delete(port),
      act(line) {
        const words = line.trim().split(/\s+/);
        const [, vendorId, productId] = /^([0-9a-f]{4}):([0-9a-f]{4})$/i.exec(words[1] ?? '') ?? [];
        if (words[0] === 'plug' && vendorId !== undefined && productId !== undefined && /^\d+-[\d.]+$/.test(words[2] ?? ''))
          usb.set(words[2]!, { vendorId: vendorId.toLowerCase(), productId: productId.toLowerCase(), name: '', port: words[2]! });
        else if (words[0] === 'unplug' && usb.has(words[1] ?? '')) usb.delete(words[1]!);
        else if (words[0] === 'load' && /^\d{1,2}$|^100$/.test(words[1] ?? '')) cpuPct = Number(words[1]);
        else if (words[0] === 'disk' && ['ok', 'failing'].includes(words[1] ?? '')) health = words[1]!;
        else if (words[0] === 'updates' && /^\d{1,4}$/.test(words[1] ?? '')) pendingCount = Number(words[1]);
        else return 'type: plug <vendor:product> <port>, unplug <port>, load <0..100>, disk ok|failing, or updates <number>';
        return undefined;
      },
      close: wire.unplug,
    };
  },
});
