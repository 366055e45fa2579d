/** Everything a run makes outside its own memory has its process id in the name, so that the next run removes what a dead one left behind. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const prefix = 'tramhoc-faults-';
/** Names of network interfaces have 15 characters at most, so these are short. */
const networkPrefix = 'thf';

/** A folder below the system's temporary one, and removed with everything mounted in it by `removeFolder`. */
export const makeFolder = (): string => mkdtempSync(join(tmpdir(), `${prefix}${process.pid}-`));
/** Namespaces and interfaces: `thf<pid>x`. */
export const networkName = (what: string): string => `${networkPrefix}${process.pid}${what}`;

/** Runs a command as the administrator of this computer would; throws with its words when it fails. */
export function command(program: string, ...words: string[]): string {
  const ran = spawnSync(program, words, {
    encoding: 'utf8',
    env: { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` },
  });
  if (ran.status === 0) return ran.stdout;
  throw new Error(`${program} ${words.join(' ')}: ${(ran.stderr ?? ran.error?.message ?? '').trim()}`);
}

/** Whether `program` can be started here. */
export const haveCommand = (program: string): boolean =>
  spawnSync('sh', ['-c', `PATH="$PATH:/usr/sbin:/sbin" command -v ${program}`], { stdio: 'ignore' }).status === 0;

export const isRoot = (): boolean => process.getuid?.() === 0;

/** Undefined when root and all of `programs` are there. */
export function lacking(...programs: string[]): string | undefined {
  const absent = programs.filter((program) => !haveCommand(program));
  if (absent.length > 0) return `needs ${absent.join(', ')}`;
  return isRoot() ? undefined : 'needs root';
}

export function removeFolder(folder: string): void {
  for (const mountPoint of mountsBelow(folder)) command('umount', '-l', mountPoint);
  rmSync(folder, { recursive: true, force: true });
}

function mountsBelow(folder: string): string[] {
  return readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((mountPoint) => mountPoint.startsWith(`${folder}/`))
    .reverse();
}

const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

/** Mounts, loop devices, folders and namespaces of runs whose process is gone. */
export function removeLeftovers(): void {
  for (const name of readdirSync(tmpdir())) {
    const pid = new RegExp(`^${prefix}(\\d+)-`).exec(name)?.[1];
    if (pid !== undefined && !alive(Number(pid))) removeFolder(join(tmpdir(), name));
  }
  if (!isRoot()) return;
  if (haveCommand('losetup')) detachDead();
  if (!haveCommand('ip')) return;
  for (const name of namespaces()) {
    const pid = new RegExp(`^${networkPrefix}(\\d+)[a-z]`).exec(name)?.[1];
    if (pid !== undefined && !alive(Number(pid))) removeNamespace(name);
  }
}

/** Loop devices over images whose folder is gone. */
function detachDead(): void {
  for (const line of command('losetup', '--list', '--noheadings', '--output', 'NAME,BACK-FILE').split('\n')) {
    const [device, file = ''] = line.trim().split(/\s+/);
    const pid = new RegExp(`/${prefix}(\\d+)-`).exec(file)?.[1];
    if (device !== undefined && pid !== undefined && !alive(Number(pid))) command('losetup', '--detach', device);
  }
}

const namespaces = (): string[] =>
  command('ip', 'netns', 'list')
    .split('\n')
    .map((line) => line.split(' ')[0]!)
    .filter((name) => name !== '');

/** Its interfaces, their other ends and its firewall go with it. */
export function removeNamespace(name: string): void {
  if (namespaces().includes(name)) command('ip', 'netns', 'delete', name);
}
