import { duplexPair } from 'node:stream';
import { fakeClock } from '@tramhoc/base/fake-clock';
import { seededRandom } from '@tramhoc/base/random';
import { expect, test } from 'vitest';
import { airOf, decode as decodeAir } from './pms5003/codec.ts';
import { drivers } from './registry.ts';
import { simulatorOf, simulators } from './simulators.ts';

test('every driver has its simulated device', () => {
  expect(simulators.map(({ kind }) => kind)).toEqual(drivers.map(({ kind }) => kind));
});

test.each(simulators.map((definition) => ({ kind: definition.kind, definition })))(
  '$kind does what its list of lines says, and says what is wrong with others',
  ({ definition }) => {
    const device = definition.create({ clock: fakeClock(), random: seededRandom(1) });
    for (const row of definition.usage)
      for (const line of row.split(/ {2,}/)[0]!.split(' | ')) expect([line, device.act(line)]).toEqual([line, undefined]);
    expect(device.act('dance')).toMatch(/^type: /);
    expect(device.act('')).toMatch(/^type: /);
    device.close();
    expect(() => definition.create({ clock: fakeClock(), random: seededRandom(1) }, { nonsense: '1' })).toThrow();
  },
);

test.each([
  ['sds011', {}, 'dust 12.5 9999', '0..6553.5'],
  ['sds011', { model: 'sds198' }, 'dust 12.5 70000', '0..65535'],
  ['mhz19', {}, 'co2 99999', '0..65535'],
  ['modbus-rtu', {}, 'set temperatureC 99999', 'temperatureC <-3276.8..3276.7>'],
  ['modbus-rtu', {}, 'set humidityPct -1', 'humidityPct <0..3276.7>'],
  ['modbus-rtu', {}, 'set co2 5', 'set temperatureC <-3276.8..3276.7>, set humidityPct <0..3276.7>, exception'],
  ['modbus-rtu', { model: 'sdm120' }, 'set temperatureC 20', 'set voltageV <'],
  ['modbus-tcp', { model: 'sdm120' }, 'set powerW 1e39', 'powerW <-3.4e+38..3.4e+38>'],
  ['pjlink', {}, 'input 99', 'input 11|31|32'],
  ['hid-keyboard-wedge', {}, 'type ĐÀ', 'US keyboard'],
])('a simulated %s with %o does not take "%s", and says what it takes', (kind, options, line, says) => {
  const device = simulatorOf(kind)!.create({ clock: fakeClock(), random: seededRandom(1) }, options);
  expect(device.act(line)).toMatch(/^type: /);
  expect(device.act(line)).toContain(says);
  device.close();
});

test.each([
  ['sds011', { model: 'sds198' }, 'dust 12.5 9999'],
  ['modbus-rtu', { model: 'adtek-wall' }, 'set co2 5'],
  ['modbus-tcp', { model: 'sdm120' }, 'set powerW -12.5'],
])('a simulated %s with %o takes "%s"', (kind, options, line) => {
  const device = simulatorOf(kind)!.create({ clock: fakeClock(), random: seededRandom(1) }, options);
  expect(device.act(line)).toBe(undefined);
  device.close();
});

async function bytesFrom(kind: string, lines: string[], options: Record<string, string> = {}): Promise<Buffer> {
  const clock = fakeClock();
  const [hostEnd, deviceEnd] = duplexPair();
  const bytes: Buffer[] = [];
  hostEnd.on('data', (chunk: Buffer) => bytes.push(chunk));
  const device = simulatorOf(kind)!.attach(deviceEnd, { clock, random: seededRandom(1) }, options);
  for (const line of lines) expect(device.act(line)).toBe(undefined);
  await clock.advance(1_000);
  device.close();
  return Buffer.concat(bytes);
}

test('a card reader repeats its captured frame while the card lies there, and is quiet without one', async () => {
  const bytes = await bytesFrom('rdm6300', ['card 14008EC793']);
  expect(bytes.subarray(0, 14).toString('hex')).toBe('0231343030384543373933434503');
  expect(bytes.length).toBe(14 * 16);
  expect((await bytesFrom('rdm6300', ['tap 14008ec793'])).length).toBe(14 * 8);
  expect((await bytesFrom('rdm6300', ['card 14008EC793', 'off'])).length).toBe(14);
  expect((await bytesFrom('rdm6300', ['card 2E00AF0EC9'], { checksum: 'sum' })).subarray(1, 13).toString()).toBe('2E00AF0EC9B4');
});

test('an air sensor plays what was captured from a real one', async () => {
  expect((await bytesFrom('pms5003', ['recorded'])).toString('hex')).toBe(
    '424d001c00000008000800000008000800d20046002d001e00000000970002c5',
  );
});

test.each(['pms5003', 'pms5003t', 'pms3003'] as const)('a simulated %s sends frames of its kind', async (model) => {
  const { frames, skippedBytes } = decodeAir(await bytesFrom('pms5003', ['air 12 45 80 28.5 71'], { model }));
  const air = { pm1: 12, pm25: 45, pm10: 80, ...(model === 'pms5003t' && { temperatureC: 28.5, humidityPct: 71 }) };
  expect([frames.map((frame) => airOf(frame, model)), skippedBytes]).toEqual([[air], 0]);
});

test('a projector greets as the specifications say', async () => {
  expect((await bytesFrom('pjlink', [])).toString()).toBe('PJLINK 0\r');
  expect((await bytesFrom('pjlink', [], { password: 'x' })).toString()).toMatch(/^PJLINK 1 [0-9a-f]{8}\r$/);
});
