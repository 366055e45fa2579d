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

/** The kernel lets go of a loop device a moment after the last mount. */
const goneWithinS = 10;
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
  const mount = (): void => void command('mount', '-o', 'loop', image, folder);
  const unmount = (): void => {
    command('umount', folder);
    // as long as anybody sees the dead file system in a mount namespace of his own it lives on, and must not be mounted a second time
    command(
      'sh',
      '-c',
      `for n in $(seq ${goneWithinS}0); do [ -z "$(losetup -j ${image})" ] && exit 0; sleep 0.1; done; echo in use >&2; exit 1`,
    );
  };
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
