/** This computer, asked through systeminformation (its only user, loaded when the first slot opens), node:os and the files of Linux. */
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { cpus, freemem, totalmem } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Clock } from '@tramhoc/base/clock';
import type { HostProbe, RawHost, RawLoad, RawUsb, Updates } from './host-probe.ts';

/** A tool that hangs (a dying disk, a printer that is off) costs its own part and nothing else. */
const partWithinMs = 20_000;
/** Counting updates takes seconds of work: only after the lists or the packages changed, and once a day at most. */
const countUpdatesEveryMs = 24 * 60 * 60_000;
const aptLists = '/var/lib/apt/lists';
const usbFolder = '/sys/bus/usb/devices';

const run = promisify(execFile);
type Library = typeof import('systeminformation');

export function systemProbe(clock: Clock): HostProbe {
  let library: Promise<Library> | undefined;
  const tool = (): Promise<Library> => {
    library ??= import('systeminformation').then((loaded) => (loaded as unknown as { default?: Library }).default ?? loaded);
    return library;
  };
  const part = async <Value>(ask: (tool: Library) => Promise<Value>): Promise<Value | undefined> => {
    const { promise: late, resolve } = Promise.withResolvers<undefined>();
    const timer = clock.after(partWithinMs, () => resolve(undefined));
    try {
      return await Promise.race([ask(await tool()), late]);
    } catch {
      return undefined;
    } finally {
      timer.cancel();
    }
  };
  const updates = updateCounter(clock);
  const busy = cpuMeter();
  return {
    async state(): Promise<RawHost> {
      // one after the other: a small computer has other things to do
      return {
        system: await part((si) => si.system()),
        cpu: await part((si) => si.cpu()),
        memoryBytes: totalmem(),
        os: await part((si) => si.osInfo()),
        disks: await part((si) => si.diskLayout()),
        volumes: await part((si) => si.fsSize()),
        networks: await part(async (si) => [await si.networkInterfaces()].flat()),
        battery: await part((si) => si.battery()),
        printers: await part((si) => si.printer()),
        updates: await updates(),
      };
    },
    async usb(): Promise<readonly RawUsb[]> {
      if (process.platform === 'linux') return usbOfLinux();
      const devices = (await part((si) => si.usb())) ?? [];
      return devices.map(({ vendor, name, deviceId, id }) => ({ ...usbNumbers(deviceId), name: name || vendor, port: String(id ?? '') }));
    },
    async load(): Promise<RawLoad> {
      const quick = process.platform === 'linux';
      const memory = quick ? await part((si) => si.mem()) : undefined;
      const temperature = quick ? await part((si) => si.cpuTemperature()) : undefined;
      const battery = quick ? await part((si) => si.battery()) : undefined;
      return {
        cpuPct: busy(),
        memoryBytes: totalmem(),
        availableBytes: memory?.available ?? freemem(),
        temperatureC: temperature?.max ?? temperature?.main,
        batteryPct: battery?.hasBattery === true ? battery.percent : undefined,
      };
    },
  };
}

/** Share of time since it was asked last that the processors worked. */
function cpuMeter(): () => number {
  const sums = (): { idle: number; all: number } => {
    const times = cpus().map(({ times: time }) => time);
    return {
      idle: times.reduce((sum, { idle }) => sum + idle, 0),
      all: times.reduce((sum, { user, nice, sys, idle, irq }) => sum + user + nice + sys + idle + irq, 0),
    };
  };
  let before = sums();
  return () => {
    const now = sums();
    const [idle, all] = [now.idle - before.idle, now.all - before.all];
    before = now;
    return all <= 0 ? 0 : (1 - idle / all) * 100;
  };
}

/** The kernel's own list: no process is started, and no serial number is read. */
function usbOfLinux(): RawUsb[] {
  if (!existsSync(usbFolder)) return [];
  const text = (folder: string, name: string): string | undefined => {
    try {
      return readFileSync(join(folder, name), 'utf8').trim();
    } catch {
      return undefined;
    }
  };
  const names = readdirSync(usbFolder);
  return names
    .filter((name) => /^\d+-[\d.]+$/.test(name))
    .map((port) => {
      const folder = join(usbFolder, port);
      const interfaces = names
        .filter((name) => name.startsWith(`${port}:`))
        .map((name) => text(join(usbFolder, name), 'bInterfaceClass') ?? '');
      const name = [text(folder, 'manufacturer'), text(folder, 'product')].filter((one) => one !== undefined && one !== '').join(' ');
      return { vendorId: text(folder, 'idVendor'), productId: text(folder, 'idProduct'), name, port, interfaceClasses: interfaces };
    });
}

/** `USB\VID_1A86&PID_7523\...` of Windows, `0x1a86` and `0x7523` of macOS. */
function usbNumbers(deviceId: unknown): { vendorId?: string; productId?: string } {
  const [, vendorId, productId] = /VID_([0-9A-F]{4})&PID_([0-9A-F]{4})/i.exec(String(deviceId)) ?? [];
  return vendorId === undefined || productId === undefined ? {} : { vendorId, productId };
}

/** Debian and its kin only; README.md says what is known elsewhere. */
function updateCounter(clock: Clock): () => Promise<Updates | undefined> {
  let counted: { updates: Updates; atMs: number; mark: string } | undefined;
  return async () => {
    if (process.platform !== 'linux' || !existsSync(aptLists)) return undefined;
    const restartNeeded = existsSync('/run/reboot-required') || existsSync('/var/run/reboot-required');
    const mark = [aptLists, '/var/lib/dpkg/status'].map((path) => String(statSync(path, { throwIfNoEntry: false })?.mtimeMs)).join(' ');
    const fresh = counted !== undefined && (counted.mark === mark || clock.monotonicMs() - counted.atMs < countUpdatesEveryMs);
    if (fresh) return { ...counted!.updates, restartNeeded };
    try {
      // only reads: neither root nor the lock is needed, and nothing is fetched
      const { stdout } = await run('nice', ['apt-get', '-s', '-o', 'Debug::NoLocking=1', 'dist-upgrade'], {
        timeout: 120_000,
        maxBuffer: 16 * 1024 * 1024,
        env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' },
      });
      const lines = stdout.split('\n').filter((line) => line.startsWith('Inst '));
      const security = lines.filter((line) => /-security\b|Debian-Security/i.test(line));
      counted = { updates: { pendingCount: lines.length, securityCount: security.length, restartNeeded }, atMs: clock.monotonicMs(), mark };
      return counted.updates;
    } catch {
      return undefined;
    }
  };
}
