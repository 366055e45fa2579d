/** The path up: a frame recorded from a real device, sent byte by byte, is a row with a name at the centre. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { haveSocat, type PseudoTerminal, pseudoTerminal } from '../world/pseudo-terminal.ts';
import { type AgentInWorld, openWorld, type Site, untilStatus, type World } from '../world/site-world.ts';
import { until } from '../world/until.ts';

/** Recorded: Tasmota, xsns_51_rdm6300.ino; PyPMS, tests/captured_data/PMSx003.hexdump. */
const recordedTap = Buffer.from('0231343030384543373933434503', 'hex');
const recordedAir = Buffer.from('424d001c00000008000800000008000800d20046002d001e00000000970002c5', 'hex');

type Events = { events: { type: string; seq: number; epoch: string; data: Record<string, unknown>; person: { name: string } | null }[] };

describe.skipIf(!haveSocat)('a site with a card reader and an air sensor on serial lines (needs socat)', () => {
  let world: World;
  let site: Site;
  let device: AgentInWorld & { deviceId: string };
  let reader: PseudoTerminal;
  let air: PseudoTerminal;

  beforeAll(async () => {
    world = await openWorld();
    site = await world.addSite();
    await site.importCards([{ card: '14008EC793', person: 'HS0001', name: 'Nguyễn Thị Ngọc An', group: '10A1' }]);
    reader = await pseudoTerminal(world.folder, 'reader');
    air = await pseudoTerminal(world.folder, 'air');
    device = await site.enrolledAgent('gate');
    await world.api('PUT', `/api/devices/${device.deviceId}/desired`, {
      ifVersion: 0,
      desired: {
        drivers: {
          'gate-reader': { kind: 'rdm6300', config: { port: reader.near } },
          air: { kind: 'pms5003', config: { port: air.near, reportEveryS: 1, warmUpS: 0 } },
        },
      },
    });
    await untilStatus(device.agent, 'both slots are open', ({ slots }) => slots.filter(({ state }) => state === 'open').length === 2);
  });
  afterAll(async () => {
    reader?.close();
    air?.close();
    await world?.close();
  });

  const eventsOf = async (type: string): Promise<Events['events']> =>
    (await world.api<Events>('GET', `/api/events?device=${device.deviceId}&type=${type}&limit=500`)).events;

  test('a card is one tap with the pupil’s name, however often the reader repeats it', async () => {
    await reader.sendByteByByte(recordedTap);
    await reader.sendByteByByte(recordedTap);
    await reader.sendByteByByte(recordedTap);
    const taps = await until('the tap is at the centre', async () => {
      const found = await eventsOf('vn.tramhoc.attendance.tap.v1');
      return found.length > 0 ? found : undefined;
    });
    expect(taps).toHaveLength(1);
    expect(taps[0]!.person).toMatchObject({ name: 'Nguyễn Thị Ngọc An' });
    expect(JSON.stringify(taps)).not.toContain('8EC793');
    const day = await world.api<{ presentCount: number; rows: { name: string; tapCount: number; firstMs: number | null }[] }>(
      'GET',
      `/api/attendance?site=${site.siteId}`,
    );
    expect(day.presentCount).toBe(1);
    expect(day.rows[0]).toMatchObject({ name: 'Nguyễn Thị Ngọc An', tapCount: 1 });
    expect(day.rows[0]!.firstMs).not.toBeNull();
  });

  test('a frame of the air sensor is a reading, and stands in the chart', async () => {
    await air.sendByteByByte(recordedAir);
    const readings = await until('the reading is at the centre', async () => {
      const found = await eventsOf('vn.tramhoc.sensor.reading.v1');
      return found.length > 0 ? found : undefined;
    });
    expect(readings).toHaveLength(1);
    expect(readings[0]!.data['measurements']).toEqual([
      { quantity: 'pm1', value: 0 },
      { quantity: 'pm25', value: 8 },
      { quantity: 'pm10', value: 8 },
    ]);
    const chart = await world.api<{ series: { quantity: string; points: [number, number][] }[] }>(
      'GET',
      `/api/air?site=${site.siteId}&hours=1`,
    );
    expect(chart.series.find(({ quantity }) => quantity === 'pm25')?.points.map(([, value]) => value)).toEqual([8]);
  });

  test('every event of the device is there exactly once, without a hole', async () => {
    await until('nothing waits on the device', () => device.agent.status().pendingEvents === 0);
    const { events } = await until('the centre has all of them', async () => {
      const page = await world.api<Events>('GET', `/api/events?device=${device.deviceId}&limit=500`);
      const seqs = page.events.map(({ seq }) => seq).sort((a, b) => a - b);
      return seqs.length > 0 && seqs.at(-1) === seqs.length ? page : undefined;
    });
    const seqs = events.map(({ seq }) => seq).sort((a, b) => a - b);
    expect(seqs).toEqual(Array.from({ length: seqs.length }, (_, at) => at + 1));
  });

  test('noise on the line is skipped and counted, and the next card still counts', async () => {
    await reader.sendByteByByte(Buffer.from('ff00021337deadbeef0202', 'hex'));
    // another card, with its checksum by the same rule: XOR of 14 00 AB CD EF
    await reader.sendByteByByte(Buffer.from('\x021400ABCDEF9D\x03', 'latin1'));
    await until('the second card is at the centre', async () => (await eventsOf('vn.tramhoc.attendance.tap.v1')).length === 2);
    const day = await world.api<{ unknownCards: unknown[] }>('GET', `/api/attendance?site=${site.siteId}`);
    expect(day.unknownCards).toHaveLength(1);
  });
});
