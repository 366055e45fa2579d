import { duplexPair } from 'node:stream';
import { fakeClock } from '@tramhoc/base/fake-clock';
import { silentLog } from '@tramhoc/base/log';
import { seededRandom } from '@tramhoc/base/random';
import { expect, test } from 'vitest';
import type { Reading } from '../driver.ts';
import { hidKeyboardWedge } from './driver.ts';
import { hidKeyboardWedgeSimulator } from './simulator.ts';

async function plugged(config: Record<string, unknown>) {
  const clock = fakeClock();
  const random = seededRandom(1);
  const [driverEnd, deviceEnd] = duplexPair({ objectMode: true });
  const readings: Reading[] = [];
  const reader = hidKeyboardWedgeSimulator.attach(deviceEnd, { clock, random });
  const driver = await hidKeyboardWedge.open(driverEnd, hidKeyboardWedge.configSchema.parse({ port: 'hid:ffff:0035', ...config }), {
    clock,
    random,
    log: silentLog,
    emit: (reading) => readings.push(reading) > 0,
    fail: () => undefined,
  });
  return { clock, reader, deviceEnd, driver, readings };
}

test('a reader with reversed decimals gives the number that other readers give', async () => {
  const { clock, reader, readings } = await plugged({ byteOrder: 'reversed', technology: 'iso14443' });
  reader.type('3808861522');
  await clock.advance(10);
  expect(readings).toEqual([{ kind: 'card', uid: '529D06E3', technology: 'iso14443' }]);
});

test('what is no card number of the format is counted and not told, and the next card is read', async () => {
  const { clock, reader, driver, readings } = await plugged({});
  reader.type('HS-10A1-007');
  reader.type('0009357203');
  await clock.advance(10);
  expect(readings).toEqual([{ kind: 'card', uid: '008EC793', technology: 'em4100' }]);
  expect(driver.counters()).toMatchObject({ frameCount: 1, skippedBytes: 11 });
});

test('a number that is torn in two by a pause is no card, and the next one is read', async () => {
  const { clock, reader, deviceEnd, readings } = await plugged({});
  for (const usage of [0x27, 0x27, 0x27, 0x26, 0x20]) {
    deviceEnd.write(Buffer.from([0, 0, usage, 0, 0, 0, 0, 0]));
    deviceEnd.write(Buffer.alloc(8));
  }
  await clock.advance(400);
  reader.type('57203');
  reader.type('0009357203');
  await clock.advance(10);
  expect(readings).toEqual([{ kind: 'card', uid: '008EC793', technology: 'em4100' }]);
});

test.each([
  ['decimal-10', '57203'],
  ['decimal-8', '357203'],
])('with the end of a number alone, as after plugging in, nobody is known by %s', async (numberFormat, rest) => {
  const { clock, reader, driver, readings } = await plugged({ numberFormat });
  reader.type(rest);
  await clock.advance(10);
  expect([readings, driver.counters().skippedBytes]).toEqual([[], rest.length]);
});

test('a scanner that types gives codes as they are', async () => {
  const { clock, reader, readings } = await plugged({ reads: 'codes' });
  reader.type('HS-10A1-007');
  reader.type('0009357203');
  await clock.advance(10);
  expect(readings).toEqual([
    { kind: 'code', text: 'HS-10A1-007' },
    { kind: 'code', text: '0009357203' },
  ]);
});
