import { afterEach, expect, test } from 'vitest';
import { startTestSite } from '../testing/test-site.ts';
import { duration, type StatusView, statusPage, statusPagePolicy } from './status-page.ts';

const cleanUp: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0)) await step();
});

const view: StatusView = {
  siteId: 'thpt-nguyen-thuong-hien',
  deviceId: '00000000-0000-4000-8000-00000000b0b0',
  version: '0.1.0',
  startedMs: Date.UTC(2026, 10, 23, 0, 0, 0),
  nowMs: Date.UTC(2026, 10, 23, 1, 0, 0),
  upstream: { connected: false, code: 'CENTRE_UNREACHABLE', waitingEvents: 12_345, waitingSeconds: 7_384, lastReceiptMs: undefined },
  downlink: { connected: false, code: 'CENTRE_UNREACHABLE', lastAnswerMs: undefined },
  store: { usedBytes: 5 * 1024 ** 2, maxBytes: 2 * 1024 ** 3, fault: undefined, reserve: 'held' },
  devices: [
    { device: 'd1' as never, online: true, reason: 'connected', sinceMs: Date.UTC(2026, 10, 23), agentVersion: '0.1.0' },
    { device: 'd2' as never, online: false, reason: 'lost', sinceMs: Date.UTC(2026, 10, 22), agentVersion: null },
  ],
  gateways: undefined,
  cards: 1_240,
  revoked: 0,
  gaps: 0,
  quarantine: {
    count: 1,
    latest: [
      { device: 'd1', topic: 't', code: 'EVENT_INVALID', reason: '<script>alert("x")</script>', payloadBytes: 3, atMs: 0, times: 2 },
    ],
  },
};

test('a full disk is said with what to do, in both languages', () => {
  const full: StatusView = { ...view, store: { ...view.store, reserve: 'given-up' } };
  expect(statusPage(full, 'vi')).toContain('Đĩa đầy. Hãy dọn bớt');
  expect(statusPage(full, 'en')).toContain('The disk is full. Free something else on it');
  for (const language of ['vi', 'en'] as const) {
    expect(statusPage(full, language)).toContain('DISK_FULL');
    expect(statusPage(view, language)).not.toContain('DISK_FULL');
  }
});

test('the page speaks Vietnamese and English and says what waits', () => {
  const vi = statusPage(view, 'vi');
  expect(vi).toContain('<html lang="vi">');
  // on a phone a cell stands under no heading
  expect(vi).toContain('<td data-head="Trạng thái">');
  for (const words of ['Chưa nối được', '12.345', '2 h 3 min', '1.240', 'Thiết bị (1/2 trực tuyến)', 'mất kết nối'])
    expect(vi).toContain(words);
  const en = statusPage(view, 'en');
  for (const words of ['Not reached', '12,345', 'Devices (1/2 online)', 'connection lost']) expect(en).toContain(words);
});

test('what devices sent is shown as text', () => {
  const page = statusPage(view, 'en');
  expect(page).not.toContain('<script');
  expect(page).toContain('&#60;script&#62;');
});

test('times are those of the city, whatever the computer is set to', () => {
  expect(statusPage(view, 'en')).toContain('>23/11/2026, 08:00:00</time>');
  expect(statusPage(view, 'vi')).toMatch(/>08:00:00,? 23\/11\/2026<\/time>/);
});

test('a span of time is said in its two largest units', () => {
  expect([0, 59, 61, 3_600, 90_061].map(duration)).toEqual(['0 s', '59 s', '1 min 1 s', '1 h 0 min', '1 d 1 h']);
});

test('the server shows the page, metrics and health, allows no script and nothing else', async () => {
  const site = await startTestSite();
  cleanUp.push(() => site.close());
  const get = (path: string, init?: RequestInit): Promise<Response> => fetch(new URL(path, site.broker.statusUrl), init);
  const page = await get('/', { headers: { 'accept-language': 'en-US' } });
  expect(page.headers.get('content-security-policy')).toBe(statusPagePolicy);
  expect(await page.text()).toContain('<html lang="en">');
  expect(await (await get('/?lang=vi')).text()).toContain('Chưa có thiết bị nào kết nối');
  expect(await (await get('/healthz')).json()).toMatchObject({ healthy: true, store: 'ok' });
  expect(await (await get('/metrics')).text()).toMatch(/# TYPE tramhoc_commit_seconds histogram/);
  expect((await get('/../identity.json')).status).toBe(404);
  expect((await get('/', { method: 'POST' })).status).toBe(405);
});
