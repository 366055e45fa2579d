import { expect, test } from 'vitest';
import { displayRoom } from '../../testing/display-room.ts';
import { viewsonicRs232 } from './driver.ts';
import { viewsonicRs232Simulator } from './simulator.ts';

const room = (config: Record<string, unknown> = {}, options: Record<string, unknown> = {}) =>
  displayRoom({ definition: viewsonicRs232, simulator: viewsonicRs232Simulator }, { config, options });

test('the first reading says how the board does', async () => {
  const { clock, opening, shown, device } = room({}, { on: true, name: 'CDE-5500' });
  device.set({ usageHours: 123_456, temperatureC: 44 });
  await opening;
  await clock.advance(100);
  expect(shown).toEqual([
    { power: 'on', input: '004', volumePct: 20, muted: false, temperatureC: 44, usageHours: 123_456, model: 'CDE-5500', faults: [] },
  ]);
});

test('a board is switched on, and input, volume and sound follow when it is', async () => {
  const { clock, opening, shown, device } = room({ power: 'on', input: '00A', volumePct: 35, muted: 'yes' });
  await opening;
  await clock.advance(60_000);
  expect(device.state()).toMatchObject({ on: true, input: '00A', volumePct: 35, muted: true });
  expect(shown.at(-1)).toMatchObject({ power: 'on', input: '00A', volumePct: 35, muted: true });
});

test('a board that is off is asked for its power, and for its name once', async () => {
  const { clock, opening, sent, shown } = room();
  await opening;
  await clock.advance(60_000);
  expect(sent.filter((line) => line === '801g4000\r')).toHaveLength(1);
  expect(new Set(sent)).toEqual(new Set(['801gl000\r', '801g4000\r']));
  expect(shown).toEqual([{ power: 'off', model: 'IFP6550', faults: [] }]);
});

test('the log of switching times of an older series is not taken for hours', async () => {
  const { clock, opening, sent, shown } = room({}, { on: true, hours: 'log' });
  await opening;
  await clock.advance(60_000);
  expect(shown).toHaveLength(1);
  expect(shown[0]).not.toHaveProperty('usageHours');
  expect(shown[0]).toMatchObject({ volumePct: 20, model: 'IFP6550' });
  expect(sent.filter((line) => line === '801g1000\r')).toHaveLength(1);
});

test('a board with another ID does not answer', async () => {
  const { clock, opening } = room({ displayId: 2 });
  const outcome = opening.catch((error: unknown) => error);
  await clock.advance(2_000);
  expect(await outcome).toMatchObject({ code: 'DRIVER_TIMEOUT', message: expect.stringContaining('ID') });
});

test('the network address gets the port of ViewSonic', () => {
  expect(viewsonicRs232.link(room({ port: 'tcp://10.0.0.7' }).parse())).toMatchObject({ port: 'tcp://10.0.0.7:5000' });
});
