/** `npm run docs`: writes the pages that are made from the code. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runProgram } from '@tramhoc/base/command-line';
import { adapters } from '@tramhoc/broker/adapters/registry';
import { drivers } from '@tramhoc/device-agent/drivers/registry';
import { devicesPage, devicesPath } from './devices-page.ts';
import { subjectOf } from './driver-conformance/rig.ts';
import { readTree } from './tree-files.ts';

const usage = `usage: npm run docs\n\nWrites ${devicesPath} anew from the drivers and their READMEs.`;

await runProgram({ usage, options: {} }, async () => {
  const subjects = await Promise.all(drivers.map(subjectOf));
  writeFileSync(join(import.meta.dirname, '..', devicesPath), devicesPage(subjects, readTree(), adapters));
  process.stdout.write(`${devicesPath} written\n`);
});
