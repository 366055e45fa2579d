/** Real files, power cut at every point: what a terminal was told is kept, and each punch is one event. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FakeClock, fakeClock } from '@tramhoc/base/fake-clock';
import { createLog } from '@tramhoc/base/log';
import { seededRandom } from '@tramhoc/base/random';
import { openDatabase } from '@tramhoc/base/sqlite';
import { TramError } from '@tramhoc/protocol/errors';
import type { TramEvent } from '@tramhoc/protocol/event';
import { DeviceId, SiteId } from '@tramhoc/protocol/ids';
import type { AgentNotice } from '@tramhoc/protocol/local-link';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import type { Punch } from '../drivers/driver.ts';
import { type Outbox, openOutbox } from '../outbox/outbox.ts';
import { zonedTime } from './local-time.ts';
import { openPunchLedger, type PunchLedger } from './punch-ledger.ts';
import { createTaps } from './taps.ts';

const cardKey = '11'.repeat(32);
const owner = {
  siteId: SiteId.parse('thpt-demo'),
  deviceId: DeviceId.parse('0b6f3f0e-8b1f-4a53-9d35-0a7b7f1f2c3d'),
};
const punch = (n: number, more: Partial<Punch> = {}): Punch => ({
  ...{
    kind: 'punch',
    terminal: '0316144680030',
    pin: String(1000 + n),
    localTime: '2026-11-23T06:58:12',
    verify: 'finger',
    direction: 'in',
  },
  ...more,
});
type KillPoint = 'before the event' | 'between event and list' | 'after the list';

/** One computer: its files stay, its program can be killed and started again. `centre` holds what was ever delivered, by id. */
class Computer {
  readonly folder = mkdtempSync(join(tmpdir(), 'tram-punch-'));
  readonly clock: FakeClock = fakeClock({ wallMs: Date.UTC(2026, 10, 22, 23, 58, 20) });
  readonly centre: TramEvent[] = [];
  readonly told: AgentNotice[] = [];
  readonly logged: string[] = [];
  limits = { maxRows: 100_000, evictRows: 1_000 };
  killAt: KillPoint | undefined;
  refuse: 'event' | 'list' | undefined;
  #program: { outbox: Outbox; ledger: PunchLedger; take(punch: Punch): boolean } | undefined;

  start(): void {
    const log = createLog({ part: 'test', level: 'debug', write: (line) => this.logged.push(line) });
    const clockQuality = () => 'site' as const;
    const outbox = openOutbox({ dataDir: this.folder, owner, clock: this.clock, random: seededRandom(1), log, clockQuality });
    const kill = (point: KillPoint): void => {
      if (this.killAt !== point) return;
      this.killAt = undefined;
      throw new Error('power cut');
    };
    const ledger = openPunchLedger({
      ...{ dataDir: this.folder, waiting: outbox.queue, clock: this.clock, wallTrusted: () => true, log, limits: this.limits },
      disk: {
        openDatabase: (path, options) => {
          const database = openDatabase(path, options);
          return {
            ...database,
            transaction: (work) => {
              if (this.refuse === 'list') throw new TramError('DISK_FULL', 'no space left; free some.');
              return database.transaction(work);
            },
          };
        },
      },
    });
    const taps = createTaps({
      outbox: {
        accept: (type, data, options) => {
          kill('before the event');
          if (this.refuse === 'event') throw new TramError('DISK_FULL', 'no space left; free some.');
          return outbox.accept(type, data, options);
        },
      },
      ledger: {
        has: ledger.has,
        add(id) {
          kill('between event and list');
          ledger.add(id);
          kill('after the list');
        },
      },
      cardKey,
      ask: async () => ({ known: true, personId: 'HS1', name: 'Nguyễn An', group: '10A1' }) as never,
      tell: (notice) => this.told.push(notice),
      clock: this.clock,
      log,
    });
    this.#program = { outbox, ledger, take: (reading) => taps.take({ slot: 'gate', kind: 'zkteco-push', config: {}, reading }) };
  }

  /** What the terminal hears: true only when the program lived to say so. */
  take(reading: Punch): boolean {
    const doomed = this.killAt !== undefined;
    const kept = this.#program!.take(reading);
    if (!doomed || this.killAt !== undefined) return kept;
    this.restart();
    return false;
  }

  restart(): void {
    this.#program?.ledger.close();
    this.#program?.outbox.close();
    this.start();
  }

  /** The broker took everything that waits; the answer may come only after this turn of the program, as on a real link. */
  deliver(): void {
    const { outbox } = this.#program!;
    const rows = outbox.queue.read({ afterPosition: 0, limit: 10_000, maxBytes: 10_000_000 });
    for (const { body } of rows) this.centre.push(JSON.parse(body) as TramEvent);
    outbox.delivered(rows);
  }

  end(): void {
    this.#program?.ledger.close();
    this.#program?.outbox.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function computer(): Computer {
  const made = new Computer();
  onTestFinished(() => made.end());
  made.start();
  return made;
}

test('a punch is an attendance tap with the terminal and its own time; the PIN leaves only as a keyed hash', () => {
  const it = computer();
  expect(it.take(punch(23))).toBe(true);
  it.deliver();
  expect(it.centre).toMatchObject([
    {
      type: 'vn.tramhoc.attendance.tap.v1',
      data: {
        slot: 'gate',
        cardHash: expect.stringMatching(/^[0-9a-f]{64}$/),
        technology: 'terminal',
        terminal: { serial: '0316144680030', time: '2026-11-23T06:58:12+07:00', verify: 'finger', direction: 'in' },
      },
    },
  ]);
  expect(JSON.stringify([it.centre, it.logged])).not.toContain('1023');
});

test.each<KillPoint>(['before the event', 'between event and list', 'after the list'])(
  'power cut %s: the terminal, which got no answer, tells it again, and it is one event',
  (point) => {
    const it = computer();
    expect(it.take(punch(1))).toBe(true);
    it.killAt = point;
    expect(it.take(punch(2))).toBe(false);
    it.deliver();
    for (const n of [1, 2, 3, 2]) expect(it.take(punch(n))).toBe(true);
    it.restart();
    expect(it.take(punch(2))).toBe(true);
    it.deliver();
    expect(it.centre).toHaveLength(3);
    expect(new Set(it.centre.map(({ id }) => id)).size).toBe(3);
  },
);

test('law: whatever is told again, cut, refused and delivered in between, what was answered is at the centre once', () => {
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.record({ do: fc.constant('punch' as const), n: fc.integer({ min: 0, max: 9 }) }) },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant('kill' as const),
        at: fc.constantFrom<KillPoint>('before the event', 'between event and list', 'after the list'),
      }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('deliver' as const) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constant('refuse' as const), what: fc.constantFrom('event' as const, 'list' as const, undefined) }),
    },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
      const it = new Computer();
      try {
        it.start();
        const answered = new Set<number>();
        for (const what of steps) {
          if (what.do === 'punch') {
            if (it.take(punch(what.n))) answered.add(what.n);
          } else if (what.do === 'kill') it.killAt = what.at;
          else if (what.do === 'deliver') it.deliver();
          else if (what.do === 'refuse') it.refuse = what.what;
          else it.restart();
        }
        it.refuse = it.killAt = undefined;
        it.deliver();
        const ids = (): string[] => it.centre.map(({ id }) => id);
        // where the disk took the event but not its line, and the broker had it before the power went, the id alone tells the second copy
        const listWritten = !steps.some((what) => what.do === 'refuse' && what.what === 'list');
        const counted = new Set(ids()).size;
        if (listWritten) expect(counted).toBe(ids().length);
        for (const n of answered) expect(it.take(punch(n))).toBe(true);
        it.deliver();
        expect(new Set(ids()).size).toBe(counted);
        if (listWritten) expect(ids()).toHaveLength(counted);
        expect(counted).toBeGreaterThanOrEqual(answered.size);
      } finally {
        it.end();
      }
    }),
    { numRuns: 25 },
  );
});

test('a full disk is told to the driver, so that the terminal is not answered; nobody at the kiosk is bothered', () => {
  const it = computer();
  it.refuse = 'event';
  expect(it.take(punch(1))).toBe(false);
  expect(it.told).toEqual([]);
  it.refuse = undefined;
  expect(it.take(punch(1))).toBe(true);
});

test('the kiosk greets who punched just now, not who punched yesterday', async () => {
  const it = computer();
  it.take(punch(1));
  it.take(punch(2, { localTime: '2026-11-22T06:58:12' }));
  await it.clock.advance(0);
  expect(it.told.map(({ notice }) => notice)).toEqual(['tap.accepted', 'tap.identified']);
});

test('terminals, people and seconds are told apart; how the PIN is written is not', () => {
  const it = computer();
  for (const different of [{}, { terminal: 'GA6820584' }, { pin: '77' }, { localTime: '2026-11-23T06:58:13' }])
    it.take(punch(1, different));
  it.take(punch(1, { pin: '0001001', verify: 'card', direction: 'out' }));
  it.deliver();
  expect(it.centre).toHaveLength(4);
});

test('a punch of nobody, or at a time that does not exist, is no event and holds up no terminal', () => {
  const it = computer();
  for (const wrong of [
    { pin: '0' },
    { pin: 'a b' },
    { localTime: '2026-02-30T07:00:00' },
    { localTime: '2026-11-23 07:00:00' },
    { terminal: '' },
  ])
    expect(it.take(punch(1, wrong))).toBe(true);
  it.deliver();
  expect(it.centre).toEqual([]);
});

test('the list keeps within its size, and forgets the oldest; the outbox still knows what waits in it', () => {
  const it = computer();
  it.limits = { maxRows: 20, evictRows: 5 };
  it.restart();
  for (let n = 0; n < 60; n += 1) it.take(punch(n));
  it.restart();
  expect(it.take(punch(0))).toBe(true);
  it.deliver();
  expect(it.centre).toHaveLength(60);
  expect(it.take(punch(59))).toBe(true);
  it.deliver();
  expect(it.centre).toHaveLength(60);
});

test('a local time gets its zone; days and hours that do not exist get none', () => {
  expect(zonedTime('2026-11-23T06:58:12', 420)).toEqual({ time: '2026-11-23T06:58:12+07:00', ms: Date.UTC(2026, 10, 22, 23, 58, 12) });
  expect(zonedTime('2026-11-23T06:58:12', -210)?.time).toBe('2026-11-23T06:58:12-03:30');
  for (const wrong of ['2026-13-01T00:00:00', '2026-02-29T00:00:00', '2026-11-23T24:00:00', '2026-11-23T06:60:00', '2026-11-23', ''])
    expect([wrong, zonedTime(wrong, 420)]).toEqual([wrong, undefined]);
});
