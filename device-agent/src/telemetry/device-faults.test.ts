import { fakeClock } from '@tramhoc/base/fake-clock';
import { silentLog } from '@tramhoc/base/log';
import { type DeviceFault, deviceFaultCodes, deviceFaultTexts } from '@tramhoc/protocol/device-fault';
import { errorCodes } from '@tramhoc/protocol/errors';
import { eventData } from '@tramhoc/protocol/event';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Reading } from '../drivers/driver.ts';
import { createDeviceFaults } from './device-faults.ts';
import { planFaultEvents } from './plan-fault-events.ts';

const fan: DeviceFault = { code: 'FAULT_FAN', level: 'error' };
const lamp: DeviceFault = { code: 'FAULT_LAMP', level: 'warning' };

function bench(notes = new Map<string, string>()) {
  const clock = fakeClock();
  const told: string[] = [];
  const state = { diskFull: false };
  const outbox = {
    accept(_type: string, data: unknown) {
      if (state.diskFull) throw new Error('disk full');
      const { slot, code, level, raised } = eventData['vn.tramhoc.asset.fault.v1'].parse(data);
      told.push(`${slot} ${raised ? `${code} ${level}` : `${code} gone`}`);
      return { seq: told.length, id: '' };
    },
    notes: { get: (key: string) => notes.get(key), set: (key: string, value: string) => void notes.set(key, value) },
  };
  const faults = createDeviceFaults({ outbox: outbox as never, clock, log: silentLog });
  const take = (reading: Reading, slot = 'board'): void => faults.take({ slot, kind: 'test', config: {}, reading });
  const say = (...now: DeviceFault[]): void => take({ kind: 'faults', faults: now });
  const closed = (): void =>
    faults.changed({ slot: 'board', kind: 'test', state: 'closed', skippedBytes: 0, reopenCount: 0, timeoutCount: 0, sinceMs: 0 });
  return { clock, told, state, notes, faults, take, say, closed };
}

test('a fault is told once when it comes and once when it goes, however often the device repeats it', () => {
  const it = bench();
  it.say();
  for (let time = 0; time < 50; time += 1) it.say(fan);
  it.say(fan, lamp);
  it.say(lamp);
  it.say();
  expect(it.told).toEqual(['board FAULT_FAN error', 'board FAULT_LAMP warning', 'board FAULT_FAN gone', 'board FAULT_LAMP gone']);
});

test('a lamp that gets worse is told again', () => {
  const it = bench();
  it.say(lamp);
  it.say({ ...lamp, level: 'error' });
  expect(it.told).toEqual(['board FAULT_LAMP warning', 'board FAULT_LAMP error']);
});

test('a fault that flickers does not flood the site, and its last state is told', async () => {
  const it = bench();
  for (let second = 0; second < 3_600; second += 1) {
    it.say(...(second % 2 === 0 ? [fan] : []));
    await it.clock.advance(1_000);
  }
  it.say(fan);
  await it.clock.advance(10 * 60_000);
  expect(it.told.length).toBeLessThan(30);
  expect(it.told.at(-1)).toBe('board FAULT_FAN error');
  it.faults.close();
});

test('a restart of the agent repeats nothing, and notices what went meanwhile', () => {
  const first = bench();
  first.say(fan, lamp);
  const second = bench(first.notes);
  second.say(fan, lamp);
  expect(second.told).toEqual([]);
  second.say(lamp);
  expect(second.told).toEqual(['board FAULT_FAN gone']);
});

test('what the disk refused is told with the next word of the device', () => {
  const it = bench();
  it.state.diskFull = true;
  it.say(fan);
  it.state.diskFull = false;
  it.say(fan);
  expect(it.told).toEqual(['board FAULT_FAN error']);
});

test('a slot that was given up has no faults; when the agent ends they stay', async () => {
  const it = bench();
  it.say(fan);
  it.closed();
  await it.clock.advance(6_000);
  expect(it.told).toEqual(['board FAULT_FAN error', 'board FAULT_FAN gone']);
  const ending = bench();
  ending.say(fan);
  ending.closed();
  ending.faults.close();
  await ending.clock.advance(6_000);
  expect(ending.told).toEqual(['board FAULT_FAN error']);
});

test('displays and printers tell their faults within their state; a display that is off says nothing of them', () => {
  const it = bench();
  it.take({ kind: 'display', state: { power: 'on', faults: [{ part: 'filter', level: 'warning' }] } });
  it.take({ kind: 'display', state: { power: 'off', faults: [] } });
  it.take({ kind: 'display', state: { power: 'on', faults: [] } });
  const printer = { ready: false, paper: 'out', coverOpen: false, faults: [{ code: 'PRINTER_PAPER_OUT', level: 'error' }] } as const;
  it.take({ kind: 'printer', state: { ...printer, faults: [...printer.faults] } }, 'desk');
  it.take({ kind: 'card', uid: '14008EC793' as never, technology: 'em4100' });
  expect(it.told).toEqual(['board FAULT_FILTER warning', 'board FAULT_FILTER gone', 'desk PRINTER_PAPER_OUT error']);
});

test('whatever was told and is, carrying the plan out leaves nothing to do', () => {
  const faults = fc.uniqueArray(
    fc.record({ code: fc.constantFrom(...deviceFaultCodes), level: fc.constantFrom('warning' as const, 'error' as const) }),
    { selector: ({ code }) => code, maxLength: 8 },
  );
  fc.assert(
    fc.property(faults, faults, (told, now) => {
      const after = new Map(told.map((fault) => [fault.code, fault]));
      for (const { fault, raised } of planFaultEvents(told, now)) {
        if (raised) after.set(fault.code, fault);
        else after.delete(fault.code);
      }
      expect(planFaultEvents([...after.values()], now)).toEqual([]);
    }),
  );
});

test('every fault has a code that is explained, and says what to do in both languages', () => {
  for (const code of deviceFaultCodes) {
    expect(errorCodes).toContain(code);
    const { vi, en } = deviceFaultTexts[code];
    for (const { title, whatToDo } of [vi, en]) expect([title.length > 3, whatToDo.length > 10]).toEqual([true, true]);
    expect(vi.whatToDo).not.toBe(en.whatToDo);
  }
});
