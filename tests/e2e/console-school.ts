/** A school's morning to look at: people, cards, taps, air, hardware that is well and hardware that is not. Synthetic names; the same each time. */
import { cardHash } from '@tramhoc/base/digest';
import { drivers } from '@tramhoc/device-agent/drivers/registry';
import { SiteId } from '@tramhoc/protocol/ids';
import { z } from 'zod';
import type { ConsoleStage, Fact, Speaker, WaitingDevice } from './console-stage.ts';

export const school = { siteId: SiteId.parse('thpt-nguyen-thuong-hien'), name: 'THPT Nguyễn Thượng Hiền' };
const centres = [
  { siteId: SiteId.parse('tthtcd-binh-chieu'), name: 'Trung tâm học tập cộng đồng Bình Chiểu' },
  { siteId: SiteId.parse('tieu-hoc-ky-dong'), name: 'Tiểu học Kỳ Đồng' },
];
const silent = { siteId: 'thu-vien-quan-3', name: 'Thư viện Quận 3', brokerHost: 'broker.thuvien.lan', brokerPort: 8883 };

const families = ['Nguyễn', 'Trần', 'Lê', 'Phạm', 'Huỳnh', 'Võ', 'Đặng', 'Bùi', 'Đỗ', 'Ngô'];
const middles = ['Thị Mỹ', 'Quốc', 'Minh', 'Ngọc', 'Hữu', 'Thanh', 'Gia', 'Phương', 'Đức', 'Thùy'];
const givens = [
  'An',
  'Bảo',
  'Châu',
  'Duyên',
  'Giang',
  'Hạnh',
  'Khôi',
  'Linh',
  'Nghĩa',
  'Phượng',
  'Quỳnh',
  'Sơn',
  'Thảo',
  'Uyên',
  'Vỹ',
  'Ý',
];
const classes = ['10A1', '10A2', '10A10', '11B3', '12C5', 'Giáo viên'];

export type Person = { card: string; id: string; name: string; group: string };
export const people: Person[] = classes.flatMap((group, classAt) =>
  Array.from({ length: group === 'Giáo viên' ? 9 : 24 }, (_, at) => {
    const number = classAt * 40 + at;
    return {
      card: `14008EC${(0x700 + number).toString(16).toUpperCase()}`,
      id: `${group === 'Giáo viên' ? 'GV' : 'HS'}-${String(number + 1).padStart(4, '0')}`,
      name: `${families[(number * 7) % 10]} ${middles[(number * 3 + classAt) % 10]} ${givens[(number * 5 + classAt) % 16]}`,
      group,
    };
  }),
);
export const peopleCsv = (): string =>
  ['so_the,ma,ho_ten,lop', ...people.map(({ card, id, name, group }) => [card, id, name, group].join(','))].join('\r\n');

export type School = {
  gate: Speaker;
  room: Speaker;
  board: Speaker;
  lost: Speaker;
  waiting: WaitingDevice[];
  /** A card on the reader at the gate, now. */
  tap(person: Person): Promise<void>;
  /** Any facts of the school's devices. */
  tell(facts: readonly Fact[]): Promise<void>;
};

export async function fillSchool(stage: ConsoleStage): Promise<School> {
  const nowMs = Date.now();
  const { broker, client } = await stage.site(school);
  for (const centre of centres) await stage.site(centre);
  await stage.ask({ method: 'POST', path: '/api/sites', body: silent });
  await stage.ask({ method: 'POST', path: `/api/sites/${school.siteId}/cards`, csv: Buffer.from(peopleCsv()) });
  const device = async (name: string, model: string, serial: string): Promise<Speaker> =>
    await stage.approve(await stage.waiting({ name, model, serial }), { siteId: school.siteId, name });
  const gate = await device('Cổng chính', 'Raspberry Pi 4 Model B', '10000000a3c1f0e2');
  const room = await device('Phòng tin học 2', 'Intel NUC 11', 'G6BN1234');
  const board = await device('Hội trường', 'Advantech UNO-2271G', 'KSA0912345');
  const lost = await device('Thư viện', 'Raspberry Pi 4 Model B', '10000000b7e2d911');
  const gone = await device('Kiosk cũ sảnh B', 'Dell Wyse 5070', '7XK2M02');
  await stage.ask({ method: 'POST', path: `/api/devices/${gone.deviceId}/revoke`, body: { reason: 'Thay máy mới' } });
  await wish(stage, gate, {
    'dau-doc-cong': { kind: 'rdm6300', config: { port: '/dev/ttyUSB0' } },
    'quet-ma': { kind: 'scanner-serial', config: { port: '/dev/ttyACM0' } },
  });
  await wish(stage, room, { 'khong-khi': { kind: 'pms5003', config: { port: '/dev/ttyUSB0', reportEveryS: 120 } } });
  await wish(stage, board, { 'may-chieu': { kind: 'pjlink', config: { port: 'tcp://192.168.1.40:4352' } } });
  const facts = [
    ...[gate, room, board, lost].flatMap((by) => started(by, nowMs)),
    ...[gate, room, board].map((one): Fact => presence(broker, one, { online: true, atMs: nowMs - 3 * 3_600_000 })),
    presence(broker, lost, { online: false, atMs: nowMs - 26 * 60_000 }),
    ...hardware({ gate, room, board }, nowMs),
    ...air(room, nowMs),
    ...morning(gate, nowMs),
    ...feedback(board, nowMs),
  ];
  await stage.tell(client, facts);
  const waiting = [
    await stage.waiting({ name: 'tramhoc-7f3a', model: 'Raspberry Pi 5', serial: '10000000c0ffee12' }),
    await stage.waiting({ name: 'kiosk-sanh-a', model: 'Dell OptiPlex 3090', serial: '5RT7X13' }),
  ];
  return {
    ...{ gate, room, board, lost, waiting },
    tap: (person) => stage.tell(client, [tapOf(gate, person.card, Date.now())]),
    tell: (more) => stage.tell(client, more),
  };
}

async function wish(stage: ConsoleStage, { deviceId }: Speaker, slots: Record<string, unknown>): Promise<void> {
  await stage.ask({ method: 'PUT', path: `/api/devices/${deviceId}/desired`, body: { ifVersion: 0, desired: { drivers: slots } } });
}

const kinds = drivers.map(({ kind, title, configSchema }) => ({
  kind,
  title,
  configSchema: z.toJSONSchema(configSchema, { io: 'input' }),
}));
function started(by: Speaker, nowMs: number): Fact[] {
  const atMs = nowMs - 3 * 3_600_000;
  const about = {
    agentVersion: '0.1.0',
    model: 'Raspberry Pi 4 Model B',
    serial: '10000000a3c1f0e2',
    os: 'Debian GNU/Linux 12 (bookworm)',
  };
  return [
    { by, type: 'vn.tramhoc.device.hello.v1', atMs, data: { ...about, driverKinds: kinds.map(({ kind }) => kind) } },
    ...kinds.map((kind): Fact => ({ by, type: 'vn.tramhoc.device.driver.v1', atMs, data: kind })),
  ];
}

function presence(broker: Speaker, { deviceId }: Speaker, { online, atMs }: { online: boolean; atMs: number }): Fact {
  return {
    by: broker,
    type: 'vn.tramhoc.site.presence.v1',
    atMs,
    data: { device: deviceId, online, reason: online ? 'connected' : 'lost' },
  };
}

function hardware({ gate, room, board }: Record<'gate' | 'room' | 'board', Speaker>, nowMs: number): Fact[] {
  const atMs = nowMs - 2 * 3_600_000;
  const slot = (by: Speaker, data: Record<string, unknown>): Fact => ({
    by,
    type: 'vn.tramhoc.device.slot.v1',
    atMs,
    data: { skippedBytes: 0, reopenCount: 0, ...data },
  });
  const reported = (by: Speaker, data: Record<string, unknown>): Fact => ({
    by,
    type: 'vn.tramhoc.twin.reported.v1',
    atMs: atMs + 5_000,
    data: { hash: '0'.repeat(64), appliedVersion: 1, errors: [], ...data },
  });
  const faulty = {
    power: 'on',
    input: '31',
    lampHours: [1840],
    faults: [{ part: 'filter', level: 'warning' }],
    manufacturer: 'EPSON',
    model: 'EB-L210W',
  };
  return [
    slot(gate, { slot: 'dau-doc-cong', driver: 'rdm6300', state: 'open', skippedBytes: 14, reopenCount: 1 }),
    slot(gate, {
      slot: 'quet-ma',
      driver: 'scanner-serial',
      state: 'lost',
      code: 'DRIVER_PORT_UNAVAILABLE',
      message: 'port /dev/ttyACM0 cannot be opened: no such file',
      reopenCount: 12,
    }),
    slot(room, { slot: 'khong-khi', driver: 'pms5003', state: 'open' }),
    slot(board, { slot: 'may-chieu', driver: 'pjlink', state: 'open' }),
    { by: board, type: 'vn.tramhoc.asset.display.v1', atMs: nowMs - 40_000, data: { slot: 'may-chieu', driver: 'pjlink', state: faulty } },
    slot(board, { slot: 'may-tinh', driver: 'host', state: 'open' }),
    ...computer(board, nowMs),
    reported(gate, {
      drivers: { 'dau-doc-cong': { kind: 'rdm6300', config: { port: '/dev/ttyUSB0', checksum: 'xor' } } },
      errors: [
        {
          key: 'drivers.quet-ma.config.port',
          code: 'DRIVER_PORT_UNAVAILABLE',
          message: 'port /dev/ttyACM0 cannot be opened: no such file',
        },
      ],
    }),
    reported(room, {
      drivers: { 'khong-khi': { kind: 'pms5003', config: { port: '/dev/ttyUSB0', model: 'pms5003', reportEveryS: 60, warmUpS: 30 } } },
    }),
  ];
}

/** A PC whose second disk will not last, with a stick that nobody knows. */
function computer(by: Speaker, nowMs: number): Fact[] {
  const place = { slot: 'may-tinh', driver: 'host' };
  const stick = { vendorId: '0781', productId: '5567', name: 'SanDisk Cruzer Blade', port: '1-4' };
  const state = {
    manufacturer: 'Advantech',
    model: 'UNO-2271G',
    serial: 'KSA0912345',
    cpu: { model: 'Intel Atom x6425E', coreCount: 4 },
    memoryMiB: 7_680,
    os: { name: 'Ubuntu', version: '24.04.1 LTS', kernel: '6.8.0-49-generic', architecture: 'x64' },
    updates: { pendingCount: 12, securityCount: 3, restartNeeded: true },
    disks: [
      { name: 'Kingston OM8PDP3128B', kind: 'ssd', sizeGiB: 119.2, health: 'ok' },
      { name: 'TOSHIBA MQ01ABF050', kind: 'hdd', sizeGiB: 465.8, health: 'failing' },
    ],
    volumes: [
      { mount: '/', sizeGiB: 116.4, usedPct: 38 },
      { mount: '/var/lib/tramhoc', sizeGiB: 457.4, usedPct: 93 },
    ],
    networks: [
      { name: 'enp1s0', mac: '02:00:5e:10:00:01', kind: 'wired', up: true, speedMbps: 1_000 },
      { name: 'enp2s0', mac: '02:00:5e:10:00:02', kind: 'wired', up: false },
    ],
    printers: ['Canon LBP2900'],
    usb: [{ vendorId: '072f', productId: '2200', name: 'ACS ACR122U PICC Interface', port: '1-2' }, stick],
  };
  const load = { cpuPct: 11.4, memoryUsedPct: 43.2, temperatureC: 52.1 };
  return [
    { by, type: 'vn.tramhoc.asset.computer.v1', atMs: nowMs - 600_000, data: { ...place, state } },
    { by, type: 'vn.tramhoc.asset.computer-load.v1', atMs: nowMs - 120_000, data: { ...place, load, sampleCount: 15 } },
    { by, type: 'vn.tramhoc.asset.usb.v1', atMs: nowMs - 600_000, data: { ...place, change: 'plugged', device: stick, known: false } },
  ];
}

/** A day of dust with a morning peak and a pause of two hours. */
function air(by: Speaker, nowMs: number): Fact[] {
  const facts: Fact[] = [];
  for (let atMs = nowMs - 24 * 3_600_000; atMs <= nowMs; atMs += 120_000) {
    const hoursAgo = (nowMs - atMs) / 3_600_000;
    if (hoursAgo > 9 && hoursAgo < 11) continue;
    const pm25 = 24 + 16 * Math.sin(hoursAgo / 3.3) ** 2 + 30 * Math.exp(-((hoursAgo - 4) ** 2) / 3) + 3 * Math.sin(atMs / 411_000);
    const measurements = [
      { quantity: 'pm1', value: Math.round(pm25 * 0.62 * 10) / 10 },
      { quantity: 'pm25', value: Math.round(pm25 * 10) / 10 },
      { quantity: 'pm10', value: Math.round(pm25 * 1.35 * 10) / 10 },
    ];
    facts.push({
      by,
      type: 'vn.tramhoc.sensor.reading.v1',
      atMs,
      data: { slot: 'khong-khi', driver: 'pms5003', measurements, sampleCount: 52 },
    });
  }
  return facts;
}

const tapOf = (by: Speaker, card: string, atMs: number | null): Fact => ({
  by,
  type: 'vn.tramhoc.attendance.tap.v1',
  atMs,
  data: { slot: 'dau-doc-cong', cardHash: cardHash({ cardKey: by.cardKey!, number: card }), technology: 'em4100' },
});

/** Most of the school within 40 minutes of today, three with a card nobody knows, two while the clock was not set. */
function morning(gate: Speaker, nowMs: number): Fact[] {
  const midnightMs = Math.floor((nowMs + 7 * 3_600_000) / 86_400_000) * 86_400_000 - 7 * 3_600_000;
  const lengthMs = Math.min(40 * 60_000, (nowMs - midnightMs) / 2);
  const startMs = Math.min(nowMs - lengthMs, midnightMs + 6.6 * 3_600_000);
  const present = people.filter((_, at) => at % 13 !== 5);
  const taps = present.map((person, at) => tapOf(gate, person.card, at % 61 === 40 ? null : startMs + (lengthMs * at) / present.length));
  const unknown = ['1400AA0001', '1400AA0002', '1400AA0001'].map((card, at) => tapOf(gate, card, startMs + (at + 1) * 60_000));
  return [...taps, ...unknown];
}

function feedback(by: Speaker, nowMs: number): Fact[] {
  const items: [string, string, string, string?][] = [
    ['PA-7K3M-9QXP', 'facilities', 'Vòi nước ở nhà vệ sinh tầng 2 dãy B bị rò hai tuần nay, sàn trơn, các em dễ ngã.', '0912 345 678'],
    ['PA-2DTR-W8HN', 'food', 'Suất ăn trưa thứ Ba hơi mặn. Mong nhà bếp giảm muối cho các em lớp nhỏ.'],
    [
      'PA-5FGH-J2KM',
      'services',
      'Tôi muốn hỏi thủ tục chuyển trường cho con học lớp 10, cần những giấy tờ gì và nộp ở đâu?',
      '+84 28 3822 1234',
    ],
    ['PA-9ABC-D3EF', 'safety', 'Giờ tan học xe máy chạy ngược chiều trước cổng phụ. Đề nghị có người hướng dẫn.'],
  ];
  return items.map(([trackingCode, category, text, phone], at) => ({
    by,
    type: 'vn.tramhoc.kiosk.feedback.v1',
    atMs: nowMs - (at + 1) * 5_400_000,
    data: { trackingCode, category, text, language: 'vi', ...(phone !== undefined && { phone }) },
  }));
}
