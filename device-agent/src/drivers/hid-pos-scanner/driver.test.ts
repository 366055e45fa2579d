import { duplexPair } from 'node:stream';
import { fakeClock } from '@tramhoc/base/fake-clock';
import { silentLog } from '@tramhoc/base/log';
import { seededRandom } from '@tramhoc/base/random';
import { expect, test } from 'vitest';
import type { Reading } from '../driver.ts';
import { hidPosScanner } from './driver.ts';
import { hidPosScannerSimulator } from './simulator.ts';

async function plugged(options: Record<string, unknown>) {
  const clock = fakeClock();
  const random = seededRandom(1);
  const [driverEnd, deviceEnd] = duplexPair({ objectMode: true });
  const readings: Reading[] = [];
  const scanner = hidPosScannerSimulator.attach(deviceEnd, { clock, random }, options);
  const driver = await hidPosScanner.open(driverEnd, hidPosScanner.configSchema.parse({ port: 'hid:05e0:0600' }), {
    clock,
    random,
    log: silentLog,
    emit: (reading) => readings.push(reading) > 0,
    fail: () => undefined,
  });
  return { clock, scanner, deviceEnd, driver, readings };
}

const card = '001098012345||NGUYỄN VĂN B|01012000|Nữ|Hà Nội|01012022';

test.each(['access-is', 'microscan'])('an identity card comes whole from a scanner of %s', async (maker) => {
  const { clock, scanner, readings } = await plugged({ maker, suffix: 'crlf' });
  scanner.scan(card);
  await clock.advance(200);
  expect(readings).toEqual([{ kind: 'code', text: card }]);
});

test('a Microscan code that fills its report comes after the pause', async () => {
  const { clock, scanner, readings } = await plugged({ maker: 'microscan' });
  scanner.scan('1'.repeat(62));
  await clock.advance(290);
  expect(readings).toEqual([]);
  await clock.advance(20);
  expect(readings).toEqual([{ kind: 'code', text: '1'.repeat(62) }]);
});

test('the first half of a code, whose second half got lost, does not spoil the next code', async () => {
  const { clock, scanner, deviceEnd, driver, readings } = await plugged({});
  const half = Buffer.alloc(64, 'x');
  half.set([2, 56, 0x5d, 0x51, 0x30]);
  half[63] = 1;
  deviceEnd.write(half);
  await clock.advance(1_400);
  scanner.scan('THU-VIEN-0001');
  await clock.advance(10);
  expect(readings).toEqual([{ kind: 'code', text: 'THU-VIEN-0001' }]);
  expect(driver.counters().skippedBytes).toBe(56);
});
