/** The programs that some tests talk to, from the distribution: a browser, a foreign MQTT client, pseudo-terminals. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

export type SystemPackage = {
  /** Name in Debian. */
  name: string;
  /** There when one of these commands is on the PATH, the library is known to the linker, or the file is there. */
  has: { command: string[] } | { library: string } | { file: string };
  /** What does not run without it. */
  skips: string;
};

export const systemPackages: readonly SystemPackage[] = [
  { name: 'chromium', has: { command: ['chromium', 'chromium-browser', 'google-chrome'] }, skips: 'console and kiosk in a browser' },
  { name: 'xvfb', has: { command: ['xvfb-run'] }, skips: 'kiosk in Electron' },
  { name: 'xauth', has: { command: ['xauth'] }, skips: 'kiosk in Electron' },
  { name: 'libgtk-3-0', has: { library: 'libgtk-3.so.0' }, skips: 'kiosk in Electron' },
  { name: 'libnss3', has: { library: 'libnss3.so' }, skips: 'kiosk in Electron' },
  { name: 'libgbm1', has: { library: 'libgbm.so.1' }, skips: 'kiosk in Electron' },
  { name: 'libasound2', has: { library: 'libasound.so.2' }, skips: 'kiosk in Electron' },
  // depends on a font, which a bare system does not have
  { name: 'fontconfig', has: { command: ['fc-list'] }, skips: 'screens with their letters' },
  { name: 'socat', has: { command: ['socat'] }, skips: 'serial drivers on a pseudo-terminal' },
  { name: 'umockdev', has: { command: ['umockdev-run'] }, skips: 'HID drivers on a recorded device' },
  { name: 'libnfc-bin', has: { command: ['nfc-list'] }, skips: 'PN532 with a foreign host' },
  { name: 'pcscd', has: { command: ['pcscd'] }, skips: 'card readers by PC/SC with a virtual card' },
  { name: 'libpcsclite1', has: { library: 'libpcsclite.so.1' }, skips: 'card readers by PC/SC with a virtual card' },
  {
    name: 'vsmartcard-vpcd',
    has: { file: '/usr/lib/pcsc/drivers/serial/libifdvpcd.so' },
    skips: 'card readers by PC/SC with a virtual card',
  },
  { name: 'tshark', has: { command: ['tshark'] }, skips: 'LLRP and Modbus under Wireshark' },
  { name: 'mbpoll', has: { command: ['mbpoll'] }, skips: 'Modbus with a foreign master' },
  {
    name: 'python3-serial-asyncio',
    has: { file: '/usr/lib/python3/dist-packages/serial_asyncio/__init__.py' },
    skips: 'Modbus with a foreign server',
  },
  { name: 'python3-pymodbus', has: { command: ['pymodbus.console'] }, skips: 'Modbus with a foreign server' },
  { name: 'mosquitto-clients', has: { command: ['mosquitto_pub'] }, skips: 'foreign MQTT client' },
  { name: 'postgresql', has: { file: '/usr/lib/postgresql/15/bin/initdb' }, skips: 'event log of a city in PostgreSQL' },
  { name: 'strace', has: { command: ['strace'] }, skips: 'failing system calls' },
  { name: 'faketime', has: { file: '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1' }, skips: 'clocks that jump' },
  { name: 'xfsprogs', has: { command: ['xfs_io'] }, skips: 'power cuts' },
  { name: 'iproute2', has: { command: ['ip'] }, skips: 'faults of the network' },
  { name: 'iptables', has: { command: ['iptables'] }, skips: 'faults of the network' },
  { name: 'nftables', has: { command: ['nft'] }, skips: 'faults of the network' },
  { name: 'curl', has: { command: ['curl'] }, skips: 'enrolment and API by curl' },
  { name: 'openssl', has: { command: ['openssl'] }, skips: 'certificates by openssl' },
];

/** `path`: the PATH to search. `libraries`: what `ldconfig -p` prints; undefined where the linker cannot be asked, and libraries count as there. */
export function missingPackages(
  wanted: readonly SystemPackage[],
  { path, libraries }: { path: string; libraries: string | undefined },
): SystemPackage[] {
  const onPath = (command: string): boolean => path.split(delimiter).some((folder) => folder !== '' && isExecutable(join(folder, command)));
  return wanted.filter(({ has }) => {
    if ('command' in has) return !has.command.some(onPath);
    return 'file' in has ? !existsSync(has.file) : libraries !== undefined && !libraries.includes(has.library);
  });
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** One line: `not installed: socat (skips: serial drivers on a pseudo-terminal)`. */
export function missingLine(missing: readonly SystemPackage[]): string {
  const skips = [...new Set(missing.map((one) => one.skips))];
  return `not installed: ${missing.map(({ name }) => name).join(', ')} (tests skipped: ${skips.join('; ')})`;
}

/** Installs what is missing when this is root on Debian, and prints what is still missing then: the tests that want it are skipped. Never throws. */
export function provideSystemPackages(print: (line: string) => void): void {
  const missing = look();
  if (missing.length > 0 && process.getuid?.() === 0 && existsSync('/etc/debian_version')) install(missing, print);
  const still = look();
  print(still.length === 0 ? 'all there' : missingLine(still));
}

function install(missing: readonly SystemPackage[], print: (line: string) => void): void {
  print(`installing ${missing.map(({ name }) => name).join(', ')}; this takes a minute or two`);
  const attempt = (...words: [string, ...string[]]): boolean => {
    const fault = apt(words);
    if (fault !== undefined) print(fault);
    return fault === undefined;
  };
  attempt('update');
  // together first, because that is fast; one by one when a name is unknown to this release
  if (!attempt('install', ...missing.map(({ name }) => name))) for (const { name } of look()) attempt('install', name);
}

const look = (): SystemPackage[] => missingPackages(systemPackages, { path: systemPath(), libraries: linkerCache() });

/** Programs of the administrator are not on everybody's PATH. */
const systemPath = (): string => [process.env['PATH'] ?? '', '/usr/local/sbin', '/usr/sbin', '/sbin'].join(delimiter);

function linkerCache(): string | undefined {
  const asked = spawnSync('ldconfig', ['-p'], { encoding: 'utf8', env: { ...process.env, PATH: systemPath() } });
  return asked.status === 0 ? asked.stdout : undefined;
}

/** undefined when it went well, else one line. Waits two minutes for another installation to let go of the lock. */
function apt(words: [string, ...string[]]): string | undefined {
  const command = ['-q', '-y', '-o', 'DPkg::Lock::Timeout=120', '--no-install-recommends', ...words];
  const ran = spawnSync('apt-get', command, {
    encoding: 'utf8',
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    maxBuffer: 64 * 1024 * 1024,
  });
  if (ran.status === 0) return undefined;
  const said = `${ran.stderr ?? ''}${ran.error?.message ?? ''}`.trim().split('\n').at(-1) ?? '';
  return `apt-get ${words.join(' ')} failed: ${said}`;
}
