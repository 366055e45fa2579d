/** The promise: what a screen has confirmed arrives once and in order, though the line was cut for a day and the agent killed in between. */
import { silentLog } from '@tramhoc/base/log';
import { expect, test } from 'vitest';
import { cardReader } from '../world/card-reader.ts';
import { startKillableAgent } from '../world/killable-agent.ts';
import { kioskEar } from '../world/kiosk-ear.ts';
import { hurryingClock } from '../world/scaled-clock.ts';
import { openWorld, untilStatus } from '../world/site-world.ts';
import { until } from '../world/until.ts';

/** A day in 15 seconds. */
const rate = 5_760;
const dayMs = 86_400_000;
const kills = 6;
const tapsBetweenKills = 25;

type Stored = { events: { seq: number; epoch: string; position: number; type: string }[]; more: boolean };

test('every tap that was accepted during a day without the centre arrives once, in order', { timeout: 240_000 }, async () => {
  // a code that people type, an approval and a first configuration take their time: only the day hurries
  const clock = hurryingClock();
  const world = await openWorld({ clock, log: silentLog });
  const site = await world.addSite();
  const reader = await cardReader();
  const cards = Array.from({ length: kills * tapsBetweenKills }, (_, at) => `14${(0x1000_0000 + at * 7_919).toString(16).toUpperCase()}`);
  await site.importCards(cards.map((card, at) => ({ card, person: `P${at}`, name: `Học sinh ${at}`, group: '10A1' })));
  const { deviceId, agent, configOf, dataFolder, socketPath } = await site.enrolledAgent('gate');
  await world.api('PUT', `/api/devices/${deviceId}/desired`, {
    ifVersion: 0,
    desired: { drivers: { reader: { kind: 'rdm6300', config: { port: `tcp://127.0.0.1:${reader.port}` } } } },
  });
  await untilStatus(agent, 'the reader is open', ({ slots }) => slots.some(({ state }) => state === 'open'));
  await agent.close();

  await site.upLink.cut();
  const time = clock.hurry(rate);
  const cutAtMs = clock.wallMs();
  const ear = kioskEar(socketPath);
  const accepted: string[] = [];
  const presented = [...cards];
  const acceptedCount = (): number => ear.heard.filter(({ notice }) => notice === 'tap.accepted').length;
  for (let round = 0; round < kills; round += 1) {
    const running = await startKillableAgent({ folder: dataFolder, config: configOf, time });
    await until('kiosk and reader are connected', () => ear.connected() && reader.connected());
    for (let count = 0; count < tapsBetweenKills; count += 1) {
      const card = presented.shift()!;
      const before = acceptedCount();
      reader.present(card);
      // the last ones of a round are killed at any moment: they may or may not be accepted
      if (count >= tapsBetweenKills - 3) continue;
      await until(`card ${card} is accepted`, () => acceptedCount() > before);
      accepted.push(card);
    }
    await running.kill();
  }
  await until('a day has passed', () => clock.wallMs() - cutAtMs > dayMs, 60_000);
  const during = await world.api<Stored>('GET', `/api/events?device=${deviceId}&type=vn.tramhoc.attendance.tap.v1&limit=500`);
  expect(during.events).toEqual([]);

  const last = await startKillableAgent({ folder: dataFolder, config: configOf, time });
  await site.upLink.mend();
  const taps = await until(
    'everything is at the centre',
    async () => {
      const page = await world.api<Stored>('GET', `/api/events?device=${deviceId}&type=vn.tramhoc.attendance.tap.v1&limit=500`);
      return page.events.length >= acceptedCount() ? page.events : undefined;
    },
    60_000,
  );
  await last.kill();
  ear.close();

  const identities = taps.map(({ epoch, seq }) => `${epoch}/${seq}`);
  expect(new Set(identities).size).toBe(identities.length);
  // each start of the agent counts from 1 under an epoch of its own
  const epochs = [...new Set(taps.map(({ epoch }) => epoch))];
  expect(epochs.length).toBeLessThanOrEqual(kills + 1);
  for (const epoch of epochs) {
    const inOrderOfArrival = taps
      .filter((tap) => tap.epoch === epoch)
      .toSorted((a, b) => a.position - b.position)
      .map(({ seq }) => seq);
    expect(inOrderOfArrival).toEqual(inOrderOfArrival.toSorted((a, b) => a - b));
  }

  const counted = await tapCounts(world.api, site.siteId, { fromMs: cutAtMs, toMs: clock.wallMs() });
  expect(accepted.filter((card) => counted.get(`P${cards.indexOf(card)}`) !== 1)).toEqual([]);
  expect([...counted.values()].filter((count) => count > 1)).toEqual([]);
  await reader.close();
  await world.close();
});

/** personId -> taps, over the days from the cut until now: on a busy machine they are several. */
async function tapCounts(
  api: <Answer>(method: 'GET', path: string) => Promise<Answer>,
  siteId: string,
  { fromMs, toMs }: { fromMs: number; toMs: number },
): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (let atMs = fromMs - dayMs; atMs <= toMs + dayMs; atMs += dayMs) {
    const date = new Date(atMs + 7 * 3_600_000).toISOString().slice(0, 10);
    const { rows } = await api<{ rows: { personId: string; tapCount: number }[] }>('GET', `/api/attendance?site=${siteId}&date=${date}`);
    for (const { personId, tapCount } of rows) if (tapCount > 0) counts.set(personId, (counts.get(personId) ?? 0) + tapCount);
  }
  return counts;
}
