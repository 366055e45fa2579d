/** What the computer tells of itself, in the words of systeminformation, as far as we read it; and what we make of it. */
import type { ComputerLoad, UsbDevice } from '@tramhoc/protocol/asset';
import type { HostState } from './codec.ts';

/** Fields that a system does not know are empty, null, -1 or missing: nothing of this is believed unread. */
export type RawHost = {
  system?: { manufacturer?: unknown; model?: unknown; serial?: unknown } | undefined;
  cpu?: { manufacturer?: unknown; brand?: unknown; cores?: unknown } | undefined;
  memoryBytes?: unknown;
  os?: { distro?: unknown; release?: unknown; kernel?: unknown; arch?: unknown } | undefined;
  disks?: readonly { name?: unknown; vendor?: unknown; type?: unknown; size?: unknown; smartStatus?: unknown }[] | undefined;
  volumes?: readonly { mount?: unknown; size?: unknown; use?: unknown; type?: unknown; rw?: unknown }[] | undefined;
  networks?:
    | readonly {
        iface?: unknown;
        mac?: unknown;
        type?: unknown;
        operstate?: unknown;
        speed?: unknown;
        internal?: unknown;
        virtual?: unknown;
      }[]
    | undefined;
  battery?: { hasBattery?: unknown; designedCapacity?: unknown; maxCapacity?: unknown } | undefined;
  printers?: readonly { name?: unknown }[] | undefined;
  updates?: Updates | undefined;
};
export type RawLoad = { cpuPct?: unknown; memoryBytes?: unknown; availableBytes?: unknown; temperatureC?: unknown; batteryPct?: unknown };
export type Updates = { pendingCount: number; securityCount?: number; restartNeeded: boolean };
/** `interfaceClasses`: as in the device's descriptors; 06 is a camera or a telephone that shows its pictures. */
export type RawUsb = { vendorId?: unknown; productId?: unknown; name?: unknown; port?: unknown; interfaceClasses?: readonly string[] };

/** The one in the product asks this computer; a test hands in what others recorded. A part that cannot be told is undefined. */
export type HostProbe = { state(): Promise<RawHost>; usb(): Promise<readonly RawUsb[]>; load(): Promise<RawLoad> };

const gib = 1024 ** 3;
/** Boards without a filled-in DMI table say such things. */
const nonsense =
  /^(?:|-|none|default string|to be filled by o\.?e\.?m\.?|system (?:product name|manufacturer|serial number)|not specified|unknown|0+)$/i;
/** File systems that hold nothing of anybody's. */
const unreal = /^(?:squashfs|overlay|tmpfs|devtmpfs|efivarfs|iso9660|udf|fuse\..*)$/i;

export function stateOf(raw: RawHost): HostState {
  const manufacturer = words(raw.system?.manufacturer, 64);
  const model = words(raw.system?.model, 64);
  const serial = words(raw.system?.serial, 64);
  const { battery } = raw;
  return {
    ...(manufacturer === undefined ? {} : { manufacturer }),
    ...(model === undefined ? {} : { model }),
    ...(serial === undefined ? {} : { serial }),
    cpu: {
      model: [words(raw.cpu?.manufacturer, 30), words(raw.cpu?.brand, 49)].filter((part) => part !== undefined).join(' '),
      coreCount: count(raw.cpu?.cores, 4_096) ?? 0,
    },
    memoryMiB: Math.round((amount(raw.memoryBytes) ?? 0) / 1024 ** 2),
    os: {
      name: words(raw.os?.distro, 80) ?? '',
      version: words(raw.os?.release, 40) ?? '',
      kernel: words(raw.os?.kernel, 64) ?? '',
      architecture: words(raw.os?.arch, 16) ?? '',
    },
    ...(raw.updates === undefined ? {} : { updates: raw.updates }),
    disks: (raw.disks ?? []).slice(0, 16).map((disk) => ({
      name: [words(disk.vendor, 30), words(disk.name, 49)].filter((part) => part !== undefined).join(' '),
      kind: diskKind(disk.type),
      sizeGiB: gibOf(disk.size),
      health: health(disk.smartStatus),
    })),
    volumes: volumesOf(raw.volumes ?? []),
    networks: networksOf(raw.networks ?? []),
    ...(battery?.hasBattery === true ? { battery: batteryOf(battery) } : {}),
    printers: (raw.printers ?? []).flatMap(({ name }) => words(name, 80) ?? []).slice(0, 16),
  };
}

function volumesOf(volumes: NonNullable<RawHost['volumes']>): HostState['volumes'] {
  return (
    volumes
      .filter(({ mount, type, size }) => words(mount, 120) !== undefined && !unreal.test(String(type)) && (amount(size) ?? 0) > 0)
      // a stick that somebody plugged in is theirs; a disk that can only be read does not fill up
      .filter(({ mount, rw }) => !/^\/(?:media|run\/media|mnt|snap|Volumes)\//.test(String(mount)) && rw !== false)
      .slice(0, 16)
      .map(({ mount, size, use }) => ({ mount: words(mount, 120)!, sizeGiB: gibOf(size), usedPct: count(use, 100) ?? 0 }))
  );
}

function networksOf(networks: NonNullable<RawHost['networks']>): HostState['networks'] {
  return networks
    .flatMap(({ iface, mac, type, operstate, speed, internal, virtual }) => {
      const address = String(mac).toLowerCase();
      if (internal === true || virtual === true || !/^(?:[0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(address) || /^[0:]+$/.test(address)) return [];
      const kind = type === 'wired' || type === 'wireless' ? type : 'other';
      const speedMbps = count(speed, 1_000_000);
      return [
        {
          name: words(iface, 64) ?? '',
          mac: address,
          kind,
          up: operstate === 'up',
          ...(speedMbps === undefined || speedMbps < 1 ? {} : { speedMbps }),
        } as const,
      ];
    })
    .slice(0, 16);
}

function batteryOf({ designedCapacity, maxCapacity }: NonNullable<RawHost['battery']>): NonNullable<HostState['battery']> {
  const [designed, now] = [amount(designedCapacity), amount(maxCapacity)];
  if (designed === undefined || now === undefined || designed <= 0) return {};
  return { healthPct: Math.min(100, Math.round((now / designed) * 100)) };
}

export function usbOf(raw: readonly RawUsb[]): UsbDevice[] {
  const devices = raw.flatMap(({ vendorId, productId, name, port, interfaceClasses = [] }) => {
    const [vendor, product] = [hexNumber(vendorId), hexNumber(productId)];
    // hubs of the board itself
    if (vendor === undefined || product === undefined || vendor === '1d6b') return [];
    const personal = interfaceClasses.includes('06') || /phone|ipad|android|galaxy|mtp|portable/i.test(String(name));
    return [{ vendorId: vendor, productId: product, name: personal ? '' : (words(name, 80) ?? ''), port: words(port, 40) ?? '' }];
  });
  return devices.toSorted((one, other) => (one.port < other.port ? -1 : one.port > other.port ? 1 : 0)).slice(0, 32);
}

export function loadOf({ cpuPct, memoryBytes, availableBytes, temperatureC, batteryPct }: RawLoad): ComputerLoad | undefined {
  const [cpu, memory, available] = [amount(cpuPct), amount(memoryBytes), amount(availableBytes)];
  if (cpu === undefined || memory === undefined || available === undefined || memory === 0) return undefined;
  // sensors that are not there read as 0
  const temperature = typeof temperatureC === 'number' && temperatureC > 0 && temperatureC < 150 ? temperatureC : undefined;
  const battery = amount(batteryPct);
  return {
    cpuPct: Math.min(100, cpu),
    memoryUsedPct: Math.min(100, Math.max(0, (1 - available / memory) * 100)),
    ...(temperature === undefined ? {} : { temperatureC: temperature }),
    ...(battery === undefined || battery > 100 ? {} : { batteryPct: battery }),
  };
}

/** Readable text without control characters; undefined for none, and for what boards say that nobody filled in. */
function words(value: unknown, most: number): string | undefined {
  const text =
    typeof value === 'string'
      ? value
          .replace(/\p{Cc}/gu, ' ')
          .replace(/\s+/g, ' ')
          .trim()
      : '';
  return nonsense.test(text) ? undefined : text.slice(0, most).trim();
}

function amount(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined;
}

function count(value: unknown, most: number): number | undefined {
  const known = amount(value);
  return known === undefined ? undefined : Math.min(most, Math.round(known));
}

const gibOf = (value: unknown): number => Math.round(((amount(value) ?? 0) / gib) * 10) / 10;

function diskKind(type: unknown): 'ssd' | 'hdd' | 'other' {
  const text = String(type).toUpperCase();
  return text === 'SSD' || text === 'NVME' ? 'ssd' : text === 'HD' || text === 'HDD' ? 'hdd' : 'other';
}

/** In the words of smartctl and of Windows. */
function health(status: unknown): 'ok' | 'failing' | 'unknown' {
  const text = String(status).toLowerCase();
  if (text === 'ok' || text === 'passed' || text === 'healthy') return 'ok';
  return /pred|fail|bad|unhealthy|warning|degraded/.test(text) ? 'failing' : 'unknown';
}

function hexNumber(value: unknown): string | undefined {
  const text = String(value).toLowerCase().replace(/^0x/, '').padStart(4, '0');
  return /^[0-9a-f]{4}$/.test(text) ? text : undefined;
}
