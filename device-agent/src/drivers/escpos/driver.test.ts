import { duplexPair } from 'node:stream';
import { type FakeClock, fakeClock } from '@tramhoc/base/fake-clock';
import { silentLog } from '@tramhoc/base/log';
import { seededRandom } from '@tramhoc/base/random';
import type { TramError } from '@tramhoc/protocol/errors';
import type { Receipt } from '@tramhoc/protocol/receipt';
import { expect, onTestFinished, test } from 'vitest';
import type { Driver, Reading } from '../driver.ts';
import { type EscposConfig, escpos } from './driver.ts';
import { paperDots } from './plan-receipt.ts';
import { faceOf } from './receipt-letters.ts';
import { escposSimulator, type SimulatedPrinter } from './simulator.ts';

type Bench = {
  clock: FakeClock;
  printer: SimulatedPrinter;
  driver: Driver<EscposConfig>;
  readings: Reading[];
  failures: TramError[];
  print(receipt: Receipt): Promise<unknown>;
  pull(): void;
};

async function bench(config: Record<string, unknown> = {}, options: Record<string, unknown> = {}): Promise<Bench> {
  const clock = fakeClock();
  const [driverEnd, printerEnd] = duplexPair();
  const printer = escposSimulator.attach(printerEnd, { clock, random: seededRandom(1) }, options);
  const readings: Reading[] = [];
  const failures: TramError[] = [];
  const opening = escpos.open(driverEnd, escpos.configSchema.parse({ port: '/dev/ttyUSB0', ...config }), {
    clock,
    random: seededRandom(2),
    log: silentLog,
    emit: (reading) => readings.push(reading) > 0,
    fail: (error) => failures.push(error),
  });
  await clock.advance(100);
  const driver = await opening;
  onTestFinished(async () => {
    await driver.close();
    printer.close();
  });
  /** What comes of it within half a minute. */
  const print = async (receipt: Receipt): Promise<unknown> => {
    const outcome = driver.receipts!.print(receipt).catch((error: TramError) => error.code);
    await clock.advance(30_000);
    return outcome;
  };
  return { clock, printer, driver, readings, failures, print, pull: () => void driverEnd.destroy() };
}

const receipt: Receipt = {
  lines: [
    { line: 'title', text: 'Mã tra cứu' },
    { line: 'title', text: 'PA-7K3M-9QXP' },
    { line: 'rule' },
    { line: 'columns', left: 'Về việc', right: 'Cơ sở vật chất' },
    { line: 'text', text: 'Nguyễn Thượng Hiền', centred: true },
    { line: 'qr', text: 'PA-7K3M-9QXP' },
  ],
};

/** Rows of `#` and `.` from a printed page, without the white around it. */
function ink(rows: readonly Uint8Array[], { from, to }: { from: number; to: number }): string[] {
  const part = rows.slice(from, to).map((row) => [...row].map((dot) => (dot === 1 ? '#' : '.')).join(''));
  const inked = part.filter((row) => row.includes('#'));
  const left = Math.min(...inked.map((row) => row.indexOf('#')));
  const right = Math.max(...inked.map((row) => row.lastIndexOf('#')));
  return inked.map((row) => row.slice(left, right + 1));
}

function lookOf(letter: string): string[] {
  const { width, height, dots } = faceOf('text').letter(letter);
  return Array.from({ length: height }, (_, y) =>
    Array.from({ length: width }, (_unused, x) => ((dots[(y * width + x) >> 3]! & (0x80 >> ((y * width + x) & 7))) === 0 ? '.' : '#')).join(
      '',
    ),
  );
}

test.each(['gs-v-0', 'gs-l'])('a receipt comes out whole by %s, and the printer says so', async (raster) => {
  const { print, printer, failures } = await bench({ raster, paper: '80' });
  expect(await print(receipt)).toEqual({ confirmed: true });
  const [page] = printer.pages();
  expect([printer.pages().length, page!.codes, page!.letters, printer.strangeBytes(), failures]).toEqual([1, ['PA-7K3M-9QXP'], '', 0, []]);
  expect(page!.rows[0]!.length).toBe(paperDots['80']);
  expect(page!.rows.some((row) => row.every((dot) => dot === 1))).toBe(true);
  // the corners of the code have four modules of white above them
  const corners = page!.rows.findIndex(
    (row) => row.indexOf(1) > 200 && row.lastIndexOf(1) < 376 && row.filter((dot) => dot === 1).length === 112,
  );
  expect(corners).toBeGreaterThan(100);
  expect(page!.rows.slice(corners - 32, corners).every((row) => !row.includes(1))).toBe(true);
});

test('a letter on paper has the dots of the font, its marks one above the other', async () => {
  const { print, printer } = await bench({ paper: '58' }, { paper: '58' });
  await print({ lines: [{ line: 'text', text: 'ễ' }] });
  const rows = printer.pages()[0]!.rows;
  expect(ink(rows, { from: 0, to: rows.length })).toEqual(lookOf('ễ').filter((row) => row.includes('#')));
});

test('the real-time commands of another printer language inside a picture stop nothing', async () => {
  const { print, printer } = await bench({ paper: '58' }, { paper: '58' });
  for (let turn = 0; turn < 3; turn += 1)
    expect(await print({ lines: [{ line: 'text', text: '|.:,;!ilj1I'.repeat(6) }] })).toEqual({ confirmed: true });
  expect([printer.pages().length, printer.strangeBytes()]).toEqual([3, 0]);
});

test.each([
  ['paper out', 'PRINTER_PAPER_OUT'],
  ['cover open', 'PRINTER_COVER_OPEN'],
  ['fault cutter', 'PRINTER_FAULT'],
  ['offline', 'PRINTER_OFFLINE'],
])('with %s nothing is printed and %s says why', async (line, code) => {
  const { print, printer, readings } = await bench();
  printer.act(line);
  expect(await print(receipt)).toBe(code);
  expect(readings.at(-1)).toMatchObject({ kind: 'printer', state: { ready: false, faults: [{ code }] } });
  for (const well of ['paper ok', 'cover closed', 'fault none', 'online']) printer.act(well);
  expect(await print(receipt)).toEqual({ confirmed: true });
  expect(printer.pages().length).toBe(1);
});

test('paper that is nearly used up is told, and still printed on', async () => {
  const { print, printer, readings } = await bench();
  printer.act('paper low');
  expect(await print(receipt)).toEqual({ confirmed: true });
  expect(readings.at(-1)).toEqual({
    kind: 'printer',
    state: { ready: true, paper: 'low', coverOpen: false, faults: [{ code: 'PRINTER_PAPER_LOW', level: 'warning' }] },
  });
});

test('paper that ends in the middle is told at once, and the rest does not come out for the next person', async () => {
  const { clock, driver, printer } = await bench();
  const outcome = driver.receipts!.print(receipt).catch((error: TramError) => error.code);
  await clock.advance(150);
  printer.act('paper out');
  await clock.advance(1_000);
  expect(await outcome).toBe('PRINTER_PAPER_OUT');
  printer.act('paper ok');
  await clock.advance(10_000);
  expect(printer.pages()).toEqual([]);
});

test('a second receipt while one is printed is refused, and may follow', async () => {
  const { clock, driver, printer, print } = await bench();
  const first = driver.receipts!.print(receipt);
  await clock.advance(50);
  await expect(driver.receipts!.print(receipt)).rejects.toMatchObject({ code: 'CONFLICT' });
  await clock.advance(10_000);
  expect(await first).toEqual({ confirmed: true });
  expect(await print(receipt)).toEqual({ confirmed: true });
  expect(printer.pages().length).toBe(2);
});

test('a printer that cannot say that it printed is believed when it is well', async () => {
  const { print, printer, failures } = await bench({}, { answers: 'no-confirm' });
  expect(await print(receipt)).toEqual({ confirmed: false });
  expect([printer.pages().length, failures]).toEqual([1, []]);
});

test('a printer that never answers prints when it is configured so, and is a fault when it is not', async () => {
  const { print, printer, readings } = await bench({ status: 'none' }, { answers: 'one-way' });
  expect(await print(receipt)).toEqual({ confirmed: false });
  expect([printer.pages().length, readings]).toEqual([
    1,
    [{ kind: 'printer', state: { ready: true, paper: 'unknown', coverOpen: false, faults: [] } }],
  ]);
  const clock = fakeClock();
  const [driverEnd] = duplexPair();
  const opening = escpos
    .open(driverEnd, escpos.configSchema.parse({ port: '/dev/ttyUSB0' }), {
      clock,
      random: seededRandom(2),
      log: silentLog,
      emit: () => true,
      fail: () => undefined,
    })
    .catch((error: TramError) => error.message);
  await clock.advance(2_000);
  expect(await opening).toContain('Never answers');
});

test('a printer that is unplugged while it prints ends the wait', async () => {
  const { clock, driver, pull } = await bench();
  const outcome = driver.receipts!.print(receipt).catch((error: TramError) => error.code);
  await clock.advance(100);
  pull();
  await clock.advance(10);
  expect(await outcome).toBe('PRINTER_OFFLINE');
  await expect(driver.receipts!.print(receipt)).rejects.toMatchObject({ code: 'PRINTER_OFFLINE' });
});

test('a printer that lost its power behind a device server is given up', async () => {
  const clock = fakeClock();
  const [driverEnd, serverEnd] = duplexPair();
  const [serverSide, printerEnd] = duplexPair();
  let powered = true;
  serverEnd.on('data', (chunk: Uint8Array) => powered && serverSide.write(chunk));
  serverSide.on('data', (chunk: Uint8Array) => powered && serverEnd.write(chunk));
  const printer = escposSimulator.attach(printerEnd, { clock, random: seededRandom(1) });
  const failures: string[] = [];
  const opening = escpos.open(driverEnd, escpos.configSchema.parse({ port: 'tcp://192.168.1.50', pollEveryS: 5 }), {
    clock,
    random: seededRandom(2),
    log: silentLog,
    emit: () => true,
    fail: ({ code }) => failures.push(code),
  });
  await clock.advance(100);
  const driver = await opening;
  powered = false;
  await clock.advance(30_000);
  expect([failures, driver.counters().timeoutCount]).toEqual([['DRIVER_TIMEOUT'], 3]);
  await driver.close();
  printer.close();
});
