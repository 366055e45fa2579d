/**
 * tramhoc backup --config <centre.json or site.json> --to <folder>: a copy of its data while it runs. The new folder's path goes to standard output; a
 * fault is one line on standard error and exit code 1.
 */
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { copySynced, makeBackup } from '@tramhoc/base/backup';
import { dataDirOf, runStorageCommand } from './storage-command.ts';

const usage = 'tramhoc backup (--config <centre.json or site.json> | --data-dir <folder>) --to <folder>';
const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '..', 'package.json'), 'utf8')) as { version: string };

runStorageCommand(usage, ['to'], ({ values, need, print, note }) => {
  const dataDir = dataDirOf(values, usage);
  const { folder, manifest } = makeBackup({ dataDir, to: need('to'), version, wallMs: Date.now() });
  // not restored, but there when the machine is gone
  if (values.config !== undefined) copySynced(values.config, join(folder, basename(values.config)), 0o600);
  if (manifest.files.some(({ path }) => path.startsWith('ca/offline/') && path.endsWith('.pem')))
    note(
      'the key of the root certificate is in this copy: move it off the machine as ca/offline says, then make another copy and destroy this one.',
    );
  note('this copy holds private keys and names: keep it where only administrators can read it, encrypted when it leaves the building.');
  print(folder);
});
