import { type Duplex, duplexPair } from 'node:stream';
import { fakeClock } from '@tramhoc/base/fake-clock';
import { createLog } from '@tramhoc/base/log';
import { seededRandom } from '@tramhoc/base/random';
import type { TramError } from '@tramhoc/protocol/errors';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import type { HttpAnswer } from '../../transports/http-in.ts';
import type { Driver, Punch } from '../driver.ts';
import { type ZktecoPushConfig, zktecoPush } from './driver.ts';
import { nothingSent, planUserCommands, readUsers, takeReplies } from './plan-user-commands.ts';
import { zktecoPushSimulator } from './simulator.ts';

const serial = '0316144680030';

/** An agent with a terminal on its port. `disk.refuses`: records that are refused from now on. */
async function bench(config: Record<string, unknown> = { serials: serial }, options: Record<string, unknown> = {}) {
  const clock = fakeClock({ wallMs: Date.UTC(2026, 10, 22, 23, 58) });
  const [driverEnd, wireEnd] = duplexPair({ objectMode: true });
  const [deviceEnd, deviceSide] = duplexPair({ objectMode: true });
  deviceSide.on('data', (chunk) => wireEnd.write(chunk));
  const kept: Punch[] = [];
  const failures: TramError[] = [];
  const logged: string[] = [];
  const disk = { refuses: 0 };
  const parse = (values: Record<string, unknown>): ZktecoPushConfig =>
    zktecoPush.configSchema.parse({ port: 'http-in://0.0.0.0:8081', ...values });
  const driver: Driver<ZktecoPushConfig> = await zktecoPush.open(driverEnd, parse(config), {
    clock,
    random: seededRandom(3),
    log: createLog({ part: 'test', level: 'debug', write: (line) => logged.push(line) }),
    emit(reading) {
      if (disk.refuses > 0) {
        disk.refuses -= 1;
        return false;
      }
      return kept.push(reading as Punch) > 0;
    },
    fail: (error) => failures.push(error),
  });
  const terminal = zktecoPushSimulator.create({ clock, random: seededRandom(1) }, options);
  onTestFinished(async () => {
    await driver.close();
    terminal.close();
  });
  const plug = async (): Promise<void> => {
    terminal.plug(deviceEnd);
    await clock.advance(100);
  };
  return {
    clock,
    kept,
    failures,
    logged,
    disk,
    driver,
    terminal,
    plug,
    configure: (values: Record<string, unknown>) => driver.configure(parse(values)),
    wireEnd,
  };
}

/** One request by hand. */
function ask(wireEnd: Duplex, url: string, { method = 'GET', body = '' } = {}): Promise<HttpAnswer> {
  const { pathname, searchParams } = new URL(url, 'http://a');
  return new Promise((resolve) => {
    const query = Object.fromEntries(searchParams);
    wireEnd.write({ method, path: pathname, query, headers: {}, body: new TextEncoder().encode(body), respond: resolve });
  });
}

test.each([{ dialect: 'tabs' }, { dialect: 'keys' }, { registers: true }])(
  'what was recorded while nobody listened is told first, then each punch at once: %j',
  async (options) => {
    const it = await bench({ serials: serial }, options);
    for (const pin of ['1', '2', '3']) it.terminal.punch(pin);
    await it.plug();
    expect(it.kept.map(({ pin }) => pin)).toEqual(['1', '2', '3']);
    it.terminal.punch('4', { status: 1, verify: 15 });
    await it.clock.advance(1);
    expect(it.kept.at(-1)).toEqual({
      ...{ kind: 'punch', terminal: serial, pin: '4', localTime: '2026-11-23T06:58:00', verify: 'face', direction: 'out' },
    });
    expect(it.terminal.unsentCount()).toBe(0);
  },
);

test('an access terminal that registers tells whom it let in, and again what the disk refused', async () => {
  const it = await bench({ serials: serial }, { registers: true });
  for (const pin of ['1', '2']) it.terminal.punch(pin, { verify: 15 });
  it.disk.refuses = 1;
  await it.plug();
  expect(it.kept).toEqual([]);
  await it.clock.advance(31_000);
  expect(it.kept.map(({ pin, verify }) => [pin, verify])).toEqual([
    ['1', 'face'],
    ['2', 'face'],
  ]);
  expect([it.terminal.unsentCount(), it.driver.counters().skippedBytes]).toEqual([0, 0]);
  // the stamp is of attendance records alone
  expect((await ask(it.wireEnd, `/iclock/cdata?SN=${serial}&options=all`)).body).toContain('ATTLOGStamp=None\n');
});

test('a person whom an access terminal did not let in is no punch; that is told once for each kind of event, without the person', async () => {
  const it = await bench();
  const turned = (event: number) =>
    ask(it.wireEnd, `/iclock/cdata?SN=${serial}&table=rtlog`, {
      method: 'POST',
      body: `time=2026-11-23 06:58:12\tpin=77123\tcardno=8812345\teventaddr=1\tevent=${event}\tinoutstatus=0\tverifytype=4\tindex=5\n`,
    });
  for (const event of [22, 23, 22, 23]) expect(await turned(event)).toMatchObject({ status: 200, body: 'OK' });
  const told = it.logged.map((line) => JSON.parse(line)).filter(({ level }) => level === 'warn');
  expect(told).toMatchObject([
    { terminal: serial, unclear: 'event 22' },
    { terminal: serial, unclear: 'event 23' },
  ]);
  expect(it.kept).toEqual([]);
  expect(it.logged.join('')).not.toMatch(/77123|8812345/);
});

test('a terminal is answered only when everything is on disk; else it tells everything again', async () => {
  const it = await bench();
  for (let pin = 1; pin <= 250; pin += 1) it.terminal.punch(String(pin));
  it.disk.refuses = 2;
  await it.plug();
  expect(it.kept).toEqual([]);
  expect(it.terminal.unsentCount()).toBe(250);
  await it.clock.advance(30_000 + 30_000 + 5_000);
  expect(new Set(it.kept.map(({ pin }) => pin)).size).toBe(250);
  expect(it.terminal.unsentCount()).toBe(0);
});

test('law: whatever the disk refuses, no punch is missing in the end', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 6 }), async (refusals) => {
      const it = await bench();
      await it.plug();
      for (const [at, refuses] of refusals.entries()) {
        it.disk.refuses = refuses;
        it.terminal.punch(String(at + 1));
        await it.clock.advance(40_000);
      }
      await it.clock.advance(4 * 31_000);
      expect(new Set(it.kept.map(({ pin }) => pin)).size).toBe(refusals.length);
      await it.driver.close();
      it.terminal.close();
    }),
    { numRuns: 20 },
  );
});

test('a terminal that is not in the list is refused and named once; the others go on', async () => {
  const it = await bench({ serials: 'ABC, GHI' });
  it.terminal.punch('1');
  await it.plug();
  await it.clock.advance(5 * 31_000);
  expect([it.kept, it.failures]).toEqual([[], []]);
  expect(it.logged.filter((line) => line.includes('refused'))).toHaveLength(1);
  expect(it.logged.join('')).toContain(serial);
  await it.configure({ serials: `abc,${serial}` });
  await it.clock.advance(31_000);
  expect(it.kept).toHaveLength(1);
});

test('while the list is empty the slot says which terminal calls', async () => {
  const it = await bench({});
  await it.plug();
  expect(it.failures).toMatchObject([{ code: 'DRIVER_REFUSED', message: expect.stringContaining(serial) }]);
});

test('users of the config reach the terminal once each; a new name reaches it again', async () => {
  const it = await bench({ serials: serial, users: Array.from({ length: 45 }, (_, at) => `${at + 1}=Học sinh ${at + 1}`).join(';') });
  await it.plug();
  await it.clock.advance(31_000);
  expect(it.terminal.users().size).toBe(45);
  expect(it.terminal.users().get('7')).toBe('Học sinh 7');
  await it.configure({ serials: serial, users: '7=Nguyễn Thị Bảy' });
  await it.clock.advance(11_000);
  expect(it.terminal.users().get('7')).toBe('Nguyễn Thị Bảy');
  expect(it.terminal.users().get('8')).toBe('Học sinh 8');
});

test('a user that the terminal refuses is told in the log with its code, without a name, and not tried again', async () => {
  const it = await bench({ serials: serial, users: '7=Nguyễn Thị Bảy' });
  it.terminal.answerCommandsWith(-1001);
  await it.plug();
  await it.clock.advance(200_000);
  const warnings = it.logged.filter((line) => line.includes('-1001'));
  expect(warnings).toHaveLength(1);
  expect(it.logged.join('')).not.toContain('Bảy');
});

test('photographs, templates and the operators log are taken from the terminal and go nowhere', async () => {
  const it = await bench();
  const post = (table: string, body: string) =>
    ask(it.wireEnd, `/iclock/cdata?SN=${serial}&table=${table}&Stamp=1`, { method: 'POST', body });
  expect(await post('OPERLOG', 'USER PIN=77\tName=Trần Văn Bình\tPri=0\nFP PIN=77\tFID=1\n')).toMatchObject({ status: 200, body: 'OK: 2' });
  expect(await post('ATTPHOTO', 'PIN=20261123065812-77.jpg\n\0')).toMatchObject({ status: 200, body: 'OK' });
  expect(await post('options', 'FingerFunOn=1')).toMatchObject({ status: 200, body: 'OK' });
  expect(it.kept).toEqual([]);
  expect(it.logged.join('')).not.toMatch(/77|Bình/);
});

test('records that are none do not hold the terminal up for ever, and are counted', async () => {
  const it = await bench();
  const body = '77\t2026-02-30 07:00:00\t0\t1\n78\t2026-11-23 07:00:00\t0\t1\n';
  expect(await ask(it.wireEnd, `/iclock/cdata?SN=${serial}&table=ATTLOG&Stamp=9`, { method: 'POST', body })).toMatchObject({
    body: 'OK: 2',
  });
  expect(it.kept).toHaveLength(1);
  expect(it.driver.counters().skippedBytes).toBeGreaterThan(20);
  expect(it.logged.join('')).not.toMatch(/"7[78]"/);
  // the stamp of what was taken comes back at the next handshake
  expect((await ask(it.wireEnd, `/iclock/cdata?SN=${serial}&options=all`)).body).toContain('ATTLOGStamp=9\n');
});

test('newer firmware registers and gets its options; ping is answered; strangers to the protocol are not', async () => {
  const it = await bench();
  expect((await ask(it.wireEnd, `/iclock/registry?SN=${serial}`, { method: 'POST' })).body).toMatch(/^RegistryCode=[0-9a-f]{12}\n$/);
  expect((await ask(it.wireEnd, `/iclock/push?SN=${serial}`, { method: 'POST' })).body).toContain('Realtime=1');
  expect(await ask(it.wireEnd, `/iclock/ping?SN=${serial}`)).toMatchObject({ status: 200, body: 'OK' });
  expect(await ask(it.wireEnd, '/index.html')).toMatchObject({ status: 404 });
});

function counting(): () => string {
  let last = 0;
  return () => {
    last += 1;
    return String(last);
  };
}

test('a command that was lost is given again after a minute; its late answers harm nobody', () => {
  const newId = counting();
  const wanted = [{ pin: '1', name: 'An' }];
  const first = planUserCommands(nothingSent, { wanted, nowMs: 0, newId });
  expect(first.commands).toEqual([{ id: '1', user: wanted[0] }]);
  expect(planUserCommands(first.state, { wanted, nowMs: 59_000, newId }).commands).toEqual([]);
  const again = planUserCommands(first.state, { wanted, nowMs: 60_000, newId });
  expect(again.commands).toHaveLength(1);
  const late = takeReplies(again.state, [{ id: '1', returned: 0 }]);
  expect(late.state.sent).toHaveLength(1);
  const { state } = takeReplies(late.state, [{ id: again.commands[0]!.id, returned: 0 }]);
  expect(planUserCommands(state, { wanted, nowMs: 120_000, newId }).commands).toEqual([]);
});

test('law: every wanted user is told until it is confirmed or refused, and what is under way is bounded', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ pin: fc.constantFrom('1', '2', '3', '4', '5'), name: fc.constantFrom('A', 'B') }), { maxLength: 5 }),
      fc.array(fc.constantFrom('lost', 'done', 'refused'), { maxLength: 20 }),
      (users, fates) => {
        const wanted = [...new Map(users.map((user) => [user.pin, user])).values()];
        let state = nothingSent;
        const newId = counting();
        const round = (fate: string, nowMs: number): void => {
          const planned = planUserCommands(state, { wanted, nowMs, newId });
          state = planned.state;
          expect(state.sent.length).toBeLessThanOrEqual(wanted.length);
          if (fate !== 'lost')
            state = takeReplies(
              state,
              planned.commands.map((command) => ({ id: command.id, returned: fate === 'done' ? 0 : -1 })),
            ).state;
        };
        for (const [at, fate] of fates.entries()) round(fate, at * 61_000);
        round('done', 1e9);
        for (const { pin, name } of wanted) expect([state.confirmed[pin], state.refused[pin]]).toContain(name);
        expect(state.sent).toEqual([]);
      },
    ),
  );
});

test('a list of users is read as people write it, and says what is wrong with it', () => {
  expect(readUsers(' 1023 = Nguyễn Thị An ;1024=Trần Văn Bình; ')).toEqual([
    { pin: '1023', name: 'Nguyễn Thị An' },
    { pin: '1024', name: 'Trần Văn Bình' },
  ]);
  for (const wrong of ['An', '1=', '1=A\tPri=14', '1=A=B', '1=A;1=B', 'x-1=A', Array.from({ length: 129 }, (_, at) => `${at}=A`).join(';')])
    expect(readUsers(wrong)).toEqual(expect.any(String));
});
