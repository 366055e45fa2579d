import { duplexPair } from 'node:stream';
import { fakeClock } from '@tramhoc/base/fake-clock';
import { silentLog } from '@tramhoc/base/log';
import { seededRandom } from '@tramhoc/base/random';
import type { TramError } from '@tramhoc/protocol/errors';
import { expect, test } from 'vitest';
import type { Reading } from '../driver.ts';
import { pn532 } from './driver.ts';
import { pn532Simulator } from './simulator.ts';

async function plugged() {
  const clock = fakeClock();
  const random = seededRandom(1);
  const [driverEnd, deviceEnd] = duplexPair();
  const readings: Reading[] = [];
  const failures: TramError[] = [];
  const sent: string[] = [];
  deviceEnd.on('data', (bytes: Buffer) => sent.push(bytes.toString('hex')));
  const module = pn532Simulator.attach(deviceEnd, { clock, random });
  const opening = pn532.open(driverEnd, pn532.configSchema.parse({ port: '/dev/ttyUSB0' }), {
    clock,
    random,
    log: silentLog,
    emit: (reading) => readings.push(reading) > 0,
    fail: (error) => failures.push(error),
  });
  await clock.advance(100);
  const driver = await opening;
  return { clock, module, driver, deviceEnd, readings, failures, sent };
}

test('a card is told as long as it lies there, with four bytes or seven', async () => {
  const { clock, module, driver, readings } = await plugged();
  for (const uid of ['04A1B2C3', '043318EA703280']) {
    module.presentCard(uid);
    await clock.advance(1_000);
    expect(readings.length).toBeGreaterThan(1);
    expect(readings.at(-1)).toEqual({ kind: 'card', uid, technology: 'iso14443' });
    module.removeCard();
    await clock.advance(500);
    readings.length = 0;
    await clock.advance(1_000);
    expect(readings).toEqual([]);
  }
  await driver.close();
});

test('a telephone, whose number is another one each time, is nobody', async () => {
  const { clock, module, driver, readings } = await plugged();
  module.presentCard('08A1B2C3');
  await clock.advance(2_000);
  expect(readings).toEqual([]);
  await driver.close();
});

test('the field is switched off after a card, so that the card can say its number again', async () => {
  const { clock, module, driver, sent } = await plugged();
  module.presentCard('04A1B2C3');
  sent.length = 0;
  await clock.advance(300);
  expect(sent.slice(0, 3)).toEqual(['0000ff04fcd44a0100e100', '0000ff04fcd4320100f900', '0000ff04fcd4320101f800']);
  await driver.close();
});

test('a module that does not hear us for a moment is set up again, without the slot being lost', async () => {
  const { clock, module, driver, deviceEnd, readings, failures } = await plugged();
  module.presentCard('04A1B2C3');
  await clock.advance(1_000);
  deviceEnd.pause();
  await clock.advance(600);
  deviceEnd.resume();
  readings.length = 0;
  await clock.advance(3_000);
  expect(readings.length).toBeGreaterThan(0);
  expect(failures).toEqual([]);
  await driver.close();
});

test('a module that stops answering is reported once, with what to check', async () => {
  const { clock, driver, deviceEnd, failures } = await plugged();
  deviceEnd.removeAllListeners('data');
  deviceEnd.on('data', () => undefined);
  await clock.advance(60_000);
  expect(failures.map(({ code, message }) => [code, message])).toEqual([['DRIVER_TIMEOUT', expect.stringContaining('HSU (UART)')]]);
  await driver.close();
});

/** With one zero less than libnfc sends: notes on PN532 and S50 (jinmi8.com, doc 12721/11042). The chip wants them to be there, not to be counted. */
test('the simulated module wakes up by the published bytes as well', async () => {
  const clock = fakeClock();
  const [hostEnd, deviceEnd] = duplexPair();
  const heard: Buffer[] = [];
  hostEnd.on('data', (bytes: Buffer) => heard.push(bytes));
  const module = pn532Simulator.attach(deviceEnd, { clock, random: seededRandom(1) });
  hostEnd.write(Buffer.from('5555000000000000000000000000000000ff03fdd414011700', 'hex'));
  await clock.advance(200);
  expect(Buffer.concat(heard).toString('hex')).toBe('0000ff00ff000000ff02fed5151600');
  module.close();
});
