/** What runs on the agent of this computer, read from its data folder beside it. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { readConfig } from '@tramhoc/base/config';
import { TramError } from '@tramhoc/protocol/errors';
import type { DriverWish } from '@tramhoc/protocol/twin';
import { TwinFile } from '../twin/twin-store.ts';

/**
 * Throws INPUT_INVALID when the folder is no agent's, PERMISSION_MISSING, CONFIG_INVALID when its twin is damaged: a proposal made from no slots
 * would close those that run.
 */
export function runningSlots(dataDir: string): Readonly<Record<string, DriverWish>> {
  // the first thing that an agent makes
  if (!isThere(join(dataDir, 'identity'), dataDir, 'folder'))
    throw new TramError('INPUT_INVALID', `${dataDir} holds no data of an agent; give the dataDir of its config.`);
  const twin = join(dataDir, 'twin.json');
  return isThere(twin, dataDir, 'file') ? readConfig(twin, TwinFile).running : {};
}

function isThere(path: string, dataDir: string, what: 'file' | 'folder'): boolean {
  try {
    const found = statSync(path, { throwIfNoEntry: false });
    return what === 'folder' ? found?.isDirectory() === true : found !== undefined;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOTDIR') return false;
    if (code === 'EACCES')
      throw new TramError('PERMISSION_MISSING', `${dataDir} may not be read by this user; run the scan as the user of the agent.`, {
        cause,
      });
    throw cause;
  }
}
