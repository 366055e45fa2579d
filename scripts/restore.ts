/**
 * tramhoc restore --from <folder of tramhoc backup> --config <centre.json or site.json> [--replace]: puts the copy into the program's data folder. The
 * program must not run.
 */
import { restoreBackup } from '@tramhoc/base/restore';
import { dataDirOf, runStorageCommand } from './storage-command.ts';

const usage = 'tramhoc restore --from <backup> (--config <centre.json or site.json> | --data-dir <folder>) [--replace]';

runStorageCommand(usage, ['from', 'replace'], ({ values, need, print, note }) => {
  const dataDir = dataDirOf(values, usage);
  const { manifest, movedTo } = restoreBackup({ from: need('from'), dataDir, replace: values.replace === true, wallMs: Date.now() });
  if (movedTo !== undefined) note(`what was there before is in ${movedTo}; keep it until everything runs.`);
  print(`${manifest.kind} of ${manifest.madeAt} is in ${dataDir}; start it.`);
});
