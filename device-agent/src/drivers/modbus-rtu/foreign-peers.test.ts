/** Programs that others wrote at the other end of a pseudo-terminal: pymodbus as the device, mbpoll as the master. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { systemClock } from '@tramhoc/base/clock';
import { systemRandom } from '@tramhoc/base/random';
import { expect, onTestFinished, test, vi } from 'vitest';
import { hasMbpoll, hasPymodbus, hasSocat, openOn, startPymodbus, terminalPair } from '../../testing/foreign-modbus.ts';
import { openLink } from '../../transports/open-link.ts';
import { modbusRtu } from './driver.ts';
import { modbusRtuSimulator } from './simulator.ts';

const run = promisify(execFile);
const slowly = { timeout: 60_000 };

test.skipIf(!hasPymodbus || !hasSocat)('a device made of pymodbus is read', slowly, async () => {
  const [ours, theirs] = await terminalPair();
  startPymodbus({ serial: theirs }, { input: { 1: 0xff33, 2: 546 } });
  const { readings, failures } = await openOn(modbusRtu, { port: ours, pollEveryS: 1, reportEveryS: 1 });
  await vi.waitFor(() => expect(readings.length).toBeGreaterThan(1), { timeout: 10_000 });
  expect(readings.at(-1)).toMatchObject({
    measurements: [
      { quantity: 'temperatureC', value: -20.5 },
      { quantity: 'humidityPct', value: 54.6 },
    ],
  });
  expect(failures).toEqual([]);
});

test.skipIf(!hasPymodbus || !hasSocat)("pymodbus' word for a register that is not there is understood", slowly, async () => {
  const [ours, theirs] = await terminalPair();
  startPymodbus({ serial: theirs }, { input: { 1: 305 } });
  await expect(openOn(modbusRtu, { port: ours })).rejects.toMatchObject({ code: 'DRIVER_REFUSED', details: { exception: 2 } });
});

test.skipIf(!hasMbpoll || !hasSocat)('mbpoll reads our simulated meter, and is refused what it does not have', slowly, async () => {
  const [ours, theirs] = await terminalPair();
  const deps = { clock: systemClock(), random: systemRandom() };
  const link = await openLink(modbusRtu.link(modbusRtu.configSchema.parse({ port: theirs })), deps);
  const meter = modbusRtuSimulator.attach(link, deps, { model: 'sdm120', unit: 17 });
  onTestFinished(() => meter.close());
  meter.set('powerW', 1_234.5);
  const asked = ['-m', 'rtu', '-a', '17', '-b', '9600', '-P', 'none', '-0', '-1', '-o', '2', '-B', '-t', '3:float', '-c', '1'];
  expect((await run('mbpoll', [...asked, '-r', '12', ours])).stdout).toMatch(/\[12\]:\s+1234\.5/);
  expect((await run('mbpoll', [...asked, '-r', '342', ours])).stdout).toMatch(/\[342\]:\s+1024\.5/);
  const refused = await run('mbpoll', [...asked, '-r', '100', ours]).catch((error: { stderr: string; stdout: string }) => error);
  expect(`${refused.stdout}${refused.stderr}`).toContain('Illegal data address');
});
