import { fakeClock } from '@tramhoc/base/fake-clock';
import { createLog } from '@tramhoc/base/log';
import { TramError } from '@tramhoc/protocol/errors';
import { CardUid } from '@tramhoc/protocol/ids';
import type { AgentNotice } from '@tramhoc/protocol/local-link';
import { expect, test } from 'vitest';
import type { Reading } from '../drivers/driver.ts';
import { createTaps } from './taps.ts';

const card: Reading = { kind: 'card', uid: CardUid.parse('14008EC793'), technology: 'em4100' };
const cccd: Reading = { kind: 'code', text: '001099012345|012345678|Nguyễn Văn A|01011999|Nam|Hà Nội|01012022' };
const anna = { known: true, personId: 'HS1', name: 'Nguyễn An', group: '10A1' };

function bench() {
  const clock = fakeClock();
  const state = { diskFull: false, offline: false };
  const told: AgentNotice[] = [];
  const kept: Record<string, unknown>[] = [];
  const logged: string[] = [];
  const taps = createTaps({
    outbox: {
      accept(_type, data) {
        if (state.diskFull) throw new TramError('DISK_FULL', 'no space left; free some.');
        kept.push(data as Record<string, unknown>);
        return { seq: kept.length, id: `tap-${kept.length}` };
      },
    },
    ledger: { has: () => false, add: () => undefined },
    cardKey: '00'.repeat(32),
    ask: async () => {
      if (state.offline) throw new TramError('BROKER_UNREACHABLE', 'nobody there.');
      return anna as never;
    },
    tell: (notice) => told.push(notice),
    clock,
    log: createLog({ part: 'test', level: 'debug', write: (line) => logged.push(line) }),
  });
  const read = async (reading: Reading, config: Record<string, unknown> = {}, slot = 'gate'): Promise<void> => {
    taps.take({ slot, kind: 'test', config, reading });
    await clock.advance(0);
  };
  return { clock, state, told, kept, logged, read };
}

test('a card is recorded as its keyed hash, the screen says so, then says who it is', async () => {
  const it = bench();
  await it.read(card);
  expect(it.kept).toEqual([{ slot: 'gate', cardHash: expect.stringMatching(/^[0-9a-f]{64}$/), technology: 'em4100' }]);
  expect(it.told).toMatchObject([
    { notice: 'tap.accepted', tapId: 'tap-1', slot: 'gate' },
    { notice: 'tap.identified', tapId: 'tap-1', who: { result: 'known', name: 'Nguyễn An', group: '10A1' } },
  ]);
});

test('without the broker the tap counts all the same', async () => {
  const it = bench();
  it.state.offline = true;
  await it.read(card);
  expect(it.kept).toHaveLength(1);
  expect(it.told.at(-1)).toMatchObject({ notice: 'tap.identified', who: { result: 'offline' } });
});

test('when the disk refuses, the person is told that it did not count, and may try again', async () => {
  const it = bench();
  it.state.diskFull = true;
  for (let at = 0; at < 10; at += 1) {
    await it.read(card);
    await it.clock.advance(100);
  }
  expect(it.told).toEqual([{ notice: 'tap.refused', slot: 'gate', code: 'DISK_FULL' }]);
  it.state.diskFull = false;
  await it.clock.advance(2_000);
  await it.read(card);
  expect(it.kept).toHaveLength(1);
});

test('one card at two doors is two taps', async () => {
  const it = bench();
  await it.read(card, {}, 'gate');
  await it.read(card, {}, 'library');
  expect(it.kept.map(({ slot }) => slot)).toEqual(['gate', 'library']);
});

test('a scanner takes attendance only where its config says so, and an identity card leaves nothing of itself behind', async () => {
  const it = bench();
  await it.read(cccd, { use: 'other' });
  expect(it.kept).toEqual([]);
  await it.read(cccd, { use: 'attendance' });
  expect(it.kept).toMatchObject([{ technology: 'code' }]);
  const everything = JSON.stringify([it.kept, it.told, it.logged]);
  expect(everything).not.toMatch(/001099012345|Văn A|Hà Nội/);
});

test('no card number and no hash is in the log', async () => {
  const it = bench();
  await it.read(card);
  it.state.diskFull = true;
  await it.clock.advance(5_000);
  await it.read(card);
  expect(it.logged.length).toBeGreaterThan(0);
  expect(it.logged.join('')).not.toContain('14008EC793');
  expect(it.logged.join('')).not.toContain(String(it.kept[0]!['cardHash']));
});
