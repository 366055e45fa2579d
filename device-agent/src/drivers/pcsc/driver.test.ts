import { duplexPair } from 'node:stream';
import { fakeClock } from '@tramhoc/base/fake-clock';
import { silentLog } from '@tramhoc/base/log';
import { seededRandom } from '@tramhoc/base/random';
import { expect, onTestFinished, test } from 'vitest';
import { libraryFault, readersNamed, serviceFault } from '../../transports/pcsc.ts';
import { parsePort } from '../../transports/port-address.ts';
import type { Reading } from '../driver.ts';
import { pcsc } from './driver.ts';
import { pcscSimulator } from './simulator.ts';

async function bench(config: Record<string, unknown> = {}, options: Record<string, unknown> = {}) {
  const clock = fakeClock();
  const [driverEnd, readerEnd] = duplexPair({ objectMode: true });
  const card = pcscSimulator.attach(readerEnd, { clock, random: seededRandom(1) }, options);
  const readings: Reading[] = [];
  const driver = await pcsc.open(driverEnd, pcsc.configSchema.parse({ port: 'pcsc:ACR122U', ...config }), {
    clock,
    random: seededRandom(2),
    log: silentLog,
    emit: (reading) => readings.push(reading) > 0,
    fail: () => undefined,
  });
  onTestFinished(async () => {
    await driver.close();
    card.close();
  });
  /** In steps, so that what was asked is answered before the next question. */
  const pass = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 50) await clock.advance(50);
  };
  return { pass, card, driver, readings };
}
const told = (readings: Reading[]): string[] => [
  ...new Set(readings.flatMap((reading) => (reading.kind === 'card' ? [`${reading.uid} ${reading.technology}`] : []))),
];

test('cards that are laid down and taken away are read, each for as long as it lies there', async () => {
  const { pass, card, readings } = await bench({ pollEveryMs: 500 });
  card.presentCard('04A1B2C3D4E5F6');
  await pass(2_100);
  expect(readings.length).toBe(5);
  card.removeCard();
  await pass(5_000);
  expect(readings.length).toBe(5);
  card.presentCard('5C1D7A33');
  await pass(100);
  card.presentCard('E0040101003F27A7');
  await pass(100);
  expect(told(readings)).toEqual(['04A1B2C3D4E5F6 iso14443', '5C1D7A33 iso14443', 'E0040101003F27A7 iso15693']);
});

test('a reader that turns numbers round is set right by its config', async () => {
  const { pass, card, readings } = await bench({ byteOrder: 'reversed' });
  card.presentCard('337A1D5C');
  await pass(100);
  expect(told(readings)).toEqual(['5C1D7A33 iso14443']);
});

test('a telephone and a card without a number are nobody', async () => {
  const { pass, card, readings } = await bench();
  card.presentCard('08A1B2C3');
  await pass(3_000);
  const refusing = await bench({}, { answers: 'without-number' });
  refusing.card.presentCard('5C1D7A33');
  await refusing.pass(3_000);
  expect([readings, refusing.readings, refusing.driver.counters().timeoutCount]).toEqual([[], [], 0]);
});

test('the beep is switched once, with the first card, and only where somebody wants it', async () => {
  const { pass, card, readings, driver } = await bench({ beep: 'off' });
  for (let turn = 0; turn < 3; turn += 1) {
    card.presentCard('5C1D7A33');
    await pass(600);
    card.removeCard();
  }
  expect(card.commands().filter((command) => command.startsWith('ff0052'))).toEqual(['ff00520000']);
  expect([told(readings), driver.counters().skippedBytes]).toEqual([['5C1D7A33 iso14443'], 0]);
  const plain = await bench();
  plain.card.presentCard('5C1D7A33');
  await plain.pass(600);
  expect(new Set(plain.card.commands())).toEqual(new Set(['ffca000000']));
});

test('a reader is meant by its name or a part of it; the slot for a chip card inside is not', () => {
  const names = [
    'ACS ACR1252 1S CL Reader SAM 0 01 01',
    'ACS ACR1252 1S CL Reader PICC 0 01 00',
    'ACS ACR122U PICC Interface 00 00',
    'ACS ACR122U PICC Interface 01 00',
  ];
  expect(readersNamed('acr1252', names)).toEqual([names[1]]);
  expect(readersNamed('ACR1252 1S CL Reader SAM', names)).toEqual([names[0]]);
  expect(readersNamed('ACR122U', names)).toEqual([names[2], names[3]]);
  expect(readersNamed('Interface 01', names)).toEqual([names[3]]);
  expect(readersNamed(names[2]!, [...names, `${names[2]} B`])).toEqual([names[2]]);
  expect(readersNamed('OMNIKEY', names)).toEqual([]);
});

test('addresses of readers', () => {
  expect(parsePort('pcsc:ACS ACR122U PICC Interface 00 00')).toEqual({ bus: 'pcsc', name: 'ACS ACR122U PICC Interface 00 00' });
  for (const nonsense of ['pcsc:', 'pcsc: ', 'pcsc:a ', 'pcsc: a', 'pcsc://a\n', `pcsc:${'x'.repeat(200)}`])
    expect([nonsense, parsePort(nonsense)]).toEqual([nonsense, undefined]);
});

test('what is missing is named with what to do', () => {
  expect(libraryFault('pcsc:x', new Error('Cannot find package\n at ...')).message).toMatch(
    /^pcsc:x: PC\/SC readers cannot be used .*\(Cannot find package\); .*apt-get install libpcsclite1 pcscd/,
  );
  expect(serviceFault('pcsc:x', Object.assign(new Error('x'), { code: 'NoService' })).message).toContain(
    'systemctl enable --now pcscd.socket',
  );
  expect(serviceFault('pcsc:x', Object.assign(new Error('x'), { code: 'NoAccess' })).message).toContain('polkit');
});
