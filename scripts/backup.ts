/** tramhoc backup --config <centre.json or site.json> --to <folder>: a copy of its data while it runs. The new folder's path goes to standard output. */
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { copySynced, makeBackup } from '@tramhoc/base/backup';
import { runProgram } from '@tramhoc/base/command-line';
import { dataFolder, folderOptions, need, note } from './storage-command.ts';

const usage = `usage: tramhoc backup (--config <centre.json or site.json> | --data-dir <folder>) --to <folder>

Copies the data of a centre or a site broker, which may run meanwhile, into a new folder below <folder>; docs/runbooks/restore.md.`;
const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '..', 'package.json'), 'utf8')) as { version: string };

await runProgram({ usage, options: { ...folderOptions, to: { type: 'string' } } }, ({ values }) => {
  const { dataDir } = dataFolder(values, usage);
  const { folder, manifest } = makeBackup({ dataDir, to: need(values.to, 'to', usage), version, wallMs: Date.now() });
  // not restored, but there when the machine is gone
  if (values.config !== undefined) copySynced(values.config, join(folder, basename(values.config)), 0o600);
  if (manifest.files.some(({ path }) => path.startsWith('ca/offline/') && path.endsWith('.pem')))
    note(
      'the key of the root certificate is in this copy: move it off the machine as ca/offline says, then make another copy and destroy this one.',
    );
  note('this copy holds private keys and names: keep it where only administrators can read it, encrypted when it leaves the building.');
  process.stdout.write(`${folder}\n`);
});
