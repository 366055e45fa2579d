/**
 * A disk whose power can be cut: a file system in a file, on a loop device. The cut is the ioctl of the kernel that its own tests use
 * (FS_IOC_SHUTDOWN, here by xfs_io): from that moment nothing more reaches the disk, and what was not synced is gone at the next mount.
 */
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { command, lacking } from './leftovers.ts';

export type FileSystem = 'ext4' | 'xfs';
export type LoopDisk = {
  /** Where it is mounted. */
  readonly folder: string;
  /** No process writes any more when it returns; what uses the disk must be killed before `comeBack`. */
  cutPower(): void;
  /** Mounts again, as a computer does that starts after a power cut. */
  comeBack(): void;
  remove(): void;
};

/** xfs wants 300 MB at least; the file is sparse. */
const imageBytes = 400 * 1024 * 1024;

export const cannotCutPower = (fileSystem: FileSystem): string | undefined =>
  lacking('xfs_io', `mkfs.${fileSystem}`, 'mount', 'umount', 'losetup');

export function makeLoopDisk(parent: string, name: string, fileSystem: FileSystem): LoopDisk {
  const image = join(parent, `${name}.img`);
  const folder = join(parent, `${name}-disk`);
  writeFileSync(image, '');
  truncateSync(image, imageBytes);
  command(`mkfs.${fileSystem}`, '-q', image);
  mkdirSync(folder);
  // a loop device of its own each time: another process may still see the dead file system in a mount namespace of its own, and would keep it alive
  const mount = (): void => {
    const device = command('losetup', '--find', '--show', image).trim();
    command('mount', device, folder);
    // from now on it goes when nothing is mounted from it
    command('losetup', '--detach', device);
  };
  const unmount = (): void => void command('umount', folder);
  mount();
  return {
    folder,
    cutPower: () => void command('xfs_io', '-x', '-c', 'shutdown', folder),
    comeBack() {
      unmount();
      mount();
    },
    remove: unmount,
  };
}
