/** libnfc, which others wrote, at the other end of a pseudo-terminal: it lists the card on our simulated module. */
import { execFile, execFileSync } from 'node:child_process';
import { promisify } from 'node:util';
import { systemClock } from '@tramhoc/base/clock';
import { systemRandom } from '@tramhoc/base/random';
import { expect, onTestFinished, test } from 'vitest';
import { hasSocat, terminalPair } from '../../testing/foreign-modbus.ts';
import { openLink } from '../../transports/open-link.ts';
import { pn532 } from './driver.ts';
import { pn532Simulator } from './simulator.ts';

const run = promisify(execFile);
const hasNfcList = ((): boolean => {
  try {
    execFileSync('nfc-list', ['-h'], { stdio: 'ignore', timeout: 10_000 });
    return true;
  } catch (cause) {
    // it is there, whatever it thinks of being asked for help
    return (cause as NodeJS.ErrnoException).code !== 'ENOENT';
  }
})();

test.skipIf(!hasNfcList || !hasSocat).each([
  ['04A1B2C3', /ATQA \(SENS_RES\): 00\s+04[\s\S]*UID \(NFCID1\): 04\s+a1\s+b2\s+c3\s[\s\S]*SAK \(SEL_RES\): 08/],
  ['04A1B2C3D4E5F6', /ATQA \(SENS_RES\): 00\s+44[\s\S]*UID \(NFCID1\): 04\s+a1\s+b2\s+c3\s+d4\s+e5\s+f6\s[\s\S]*SAK \(SEL_RES\): 00/],
])("libnfc's nfc-list finds card %s on our simulated module", { timeout: 60_000 }, async (uid, seen) => {
  const [ours, theirs] = await terminalPair();
  const deps = { clock: systemClock(), random: systemRandom() };
  const link = await openLink(pn532.link(pn532.configSchema.parse({ port: theirs })), deps);
  const module = pn532Simulator.attach(link, deps);
  onTestFinished(() => module.close());
  module.presentCard(uid);
  const env = { ...process.env, LIBNFC_DEVICE: `pn532_uart:${ours}` };
  const { stdout } = await run('nfc-list', [], { env, timeout: 30_000 });
  expect(stdout).toMatch(/opened/);
  expect(stdout).toMatch(seen);
});
