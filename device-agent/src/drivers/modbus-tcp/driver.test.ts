/** Programs that others wrote on the other end of a connection: pymodbus and modbus-serial as the device, mbpoll as the master. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { systemClock } from '@tramhoc/base/clock';
import { systemRandom } from '@tramhoc/base/random';
import modbusSerial from 'modbus-serial';
import { expect, onTestFinished, test, vi } from 'vitest';
import { simulate } from '../../simulate.ts';
import { freePort, hasMbpoll, hasPymodbus, openOn, startPymodbus } from '../../testing/foreign-modbus.ts';
import { modbusTcp } from './driver.ts';
import { modbusTcpSimulator } from './simulator.ts';

const run = promisify(execFile);
const slowly = { timeout: 60_000 };
const port = (number: number): string => `tcp://127.0.0.1:${number}`;

test('port 502 need not be written', () => {
  const link = (address: string) => modbusTcp.link(modbusTcp.configSchema.parse({ port: address })).port;
  expect([link('tcp://192.168.1.60'), link('tcp://192.168.1.60:1502')]).toEqual(['tcp://192.168.1.60:502', 'tcp://192.168.1.60:1502']);
});

test('a meter made of modbus-serial (npm) is read', slowly, async () => {
  const number = await freePort();
  const float = Buffer.alloc(4);
  float.writeFloatBE(230.5);
  const there: Record<number, number> = { 0: float.readUInt16BE(0), 1: float.readUInt16BE(2), 12: 0x4396, 342: 0x4480 };
  const server = new modbusSerial.ServerTCP(
    { getInputRegister: (at: number) => there[at] ?? 0 },
    { host: '127.0.0.1', port: number, unitID: 1 },
  );
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
  const { readings, failures } = await openOn(modbusTcp, { port: port(number), transmitter: 'sdm120', pollEveryS: 1, reportEveryS: 1 });
  await vi.waitFor(() => expect(readings.length).toBeGreaterThan(1), { timeout: 10_000 });
  expect(readings.at(-1)).toMatchObject({
    measurements: [
      { quantity: 'voltageV', value: 230.5 },
      { quantity: 'currentA', value: 0 },
      { quantity: 'powerW', value: 300 },
      { quantity: 'energyKWh', value: 1_024 },
    ],
  });
  expect(failures).toEqual([]);
});

test.skipIf(!hasPymodbus)('a transmitter made of pymodbus is read, and what it does not have is told', slowly, async () => {
  const number = await freePort();
  startPymodbus({ tcp: number }, { holding: { 49: 285, 50: 712 } });
  const config = { port: port(number), transmitter: 'comet-t3510', pollEveryS: 1, reportEveryS: 1 };
  const { readings } = await openOn(modbusTcp, config);
  await vi.waitFor(() => expect(readings.length).toBeGreaterThan(1), { timeout: 10_000 });
  expect(readings.at(-1)).toMatchObject({ measurements: [{ value: 28.5 }, { value: 71.2 }] });
  await expect(openOn(modbusTcp, { ...config, transmitter: 'adtek-wall' })).rejects.toMatchObject({
    code: 'DRIVER_REFUSED',
    details: { exception: 2 },
  });
});

test.skipIf(!hasMbpoll)('mbpoll reads our simulated transmitter over the network', slowly, async () => {
  const deps = { clock: systemClock(), random: systemRandom() };
  const {
    device,
    port: address,
    close,
  } = await simulate(modbusTcpSimulator, { listen: 'tcp://127.0.0.1:0' }, deps, { model: 'adtek-wall' });
  onTestFinished(close);
  device.set('co2', 987);
  const words = ['-m', 'tcp', '-p', address.split(':').at(-1)!, '-a', '1', '-0', '-1', '-t', '4', '-c', '1'];
  expect((await run('mbpoll', [...words, '-r', '5', '127.0.0.1'])).stdout).toMatch(/\[5\]:\s+987/);
  const refused = await run('mbpoll', [...words, '-r', '9', '127.0.0.1']).catch((error: { stderr: string; stdout: string }) => error);
  expect(`${refused.stdout}${refused.stderr}`).toContain('Illegal data address');
});
