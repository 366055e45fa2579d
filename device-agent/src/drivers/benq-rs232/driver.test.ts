import { expect, test } from 'vitest';
import { displayRoom } from '../../testing/display-room.ts';
import { benqRs232 } from './driver.ts';
import { benqRs232Simulator } from './simulator.ts';

const room = (config: Record<string, unknown> = {}, options: Record<string, unknown> = {}) =>
  displayRoom({ definition: benqRs232, simulator: benqRs232Simulator }, { config, options });

test.each(['framed', 'bare'])('the first reading says how the board does; acknowledgements are %s', async (acks) => {
  const { clock, opening, shown, device } = room({}, { on: true, acks });
  device.set({ usageHours: 21_356, temperatureC: 75 });
  await opening;
  await clock.advance(100);
  expect(shown).toEqual([
    {
      power: 'on',
      input: '001',
      volumePct: 20,
      muted: false,
      temperatureC: 75,
      usageHours: 21_356,
      model: 'RP653K',
      firmware: '1.0.5',
      serial: 'EIP3F0005202E',
      faults: [],
    },
  ]);
});

test.each(['framed', 'bare'])('wishes come true in turn; acknowledgements are %s', async (acks) => {
  const { clock, opening, shown, device } = room({ power: 'on', input: '021', volumePct: 35, muted: 'yes' }, { acks });
  await opening;
  await clock.advance(60_000);
  expect(device.state()).toMatchObject({ on: true, input: '021', volumePct: 35, muted: true });
  expect(shown.at(-1)).toMatchObject({ power: 'on', input: '021', volumePct: 35, muted: true });
});

test.each([
  ['screen', '801s!000\r'],
  ['standby', '801s!002\r'],
])('off by %s is %j, given once', async (offMode, command) => {
  const { clock, opening, shown, device, sent } = room({ power: 'off', offMode }, { on: true });
  await opening;
  await clock.advance(60_000);
  expect(device.state().on).toBe(false);
  expect(sent.filter((line) => line.startsWith('801s'))).toEqual([command]);
  expect(shown.at(-1)).toMatchObject({ power: 'off' });
  expect(shown.at(-1)).not.toHaveProperty('volumePct');
});

test('a series without a sensor is asked for its temperature once', async () => {
  const { clock, opening, sent, shown } = room({}, { on: true, thermal: false });
  await opening;
  await clock.advance(60_000);
  expect(sent.filter((line) => line === '901gq0000\r')).toHaveLength(1);
  expect(shown).toHaveLength(1);
  expect(shown[0]).not.toHaveProperty('temperatureC');
});

test('the speed of the cable is the one of the series', () => {
  const { parse } = room();
  expect(benqRs232.link(parse())).toMatchObject({ port: 'tcp://127.0.0.1:4660', serial: { baudRate: 38_400 } });
  expect(benqRs232.link(parse({ baudRate: 115_200 }))).toMatchObject({ serial: { baudRate: 115_200 } });
});
