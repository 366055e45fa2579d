/**
 * tramhoc restore --from <folder of tramhoc backup> --config <centre.json or site.json> [--replace]: puts the copy into the program's data folder. The
 * program must not run.
 */
import { runProgram } from '@tramhoc/base/command-line';
import { restoreBackup } from '@tramhoc/base/restore';
import { dataFolder, folderOptions, need, note } from './storage-command.ts';

const usage = `usage: tramhoc restore --from <backup> (--config <centre.json or site.json> | --data-dir <folder>) [--replace]

Puts a copy back; the program must not run. --replace: what is in its data folder is moved aside, never deleted; docs/runbooks/restore.md.`;
const options = { ...folderOptions, from: { type: 'string' }, replace: { type: 'boolean', default: false } } as const;

await runProgram({ usage, options }, ({ values }) => {
  const folder = dataFolder(values, usage);
  const { manifest, movedTo } = restoreBackup({
    ...{ ...folder, from: need(values.from, 'from', usage), replace: values.replace, wallMs: Date.now() },
  });
  if (movedTo !== undefined) note(`what was there before is in ${movedTo}; keep it until everything runs.`);
  process.stdout.write(`${manifest.kind} of ${manifest.madeAt} is in ${folder.dataDir}; start it.\n`);
});
