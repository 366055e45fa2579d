/** From a desk: a device searches its ports, what it finds is added with a press, runs, and tells what is wrong with it. Real programs on real wires. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import { systemClock } from '@tramhoc/base/clock';
import { systemRandom } from '@tramhoc/base/random';
import { simulatorOf } from '@tramhoc/device-agent/drivers/simulators';
import { type Simulation, simulate, type Where } from '@tramhoc/device-agent/simulate';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildConsole } from '../../provisioning/build-console.ts';
import { haveSocat } from '../world/pseudo-terminal.ts';
import { type AgentInWorld, openWorld, type Site, untilStatus, type World } from '../world/site-world.ts';
import { launchChromium, watchPage } from './kiosk-stage.ts';

const screens = join(import.meta.dirname, 'screens');
const password = 'chuồn chuồn ớt đỏ 7';
/** The search on the network alone takes 12 s. */
const searchMs = 60_000;

let world: World;
let site: Site;
let device: AgentInWorld & { deviceId: string };
let browser: Browser;
let page: Page;
let watched: { faults: string[] };
const plugged: Simulation[] = [];
const plugIn = async (kind: string, where: Where, options?: Record<string, unknown>): Promise<Simulation> => {
  const simulation = await simulate(simulatorOf(kind)!, where, { clock: systemClock(), random: systemRandom() }, options);
  plugged.push(simulation);
  return simulation;
};
const open = (path: string) => page.goto(new URL(path, world.centre.consoleUrl).href);
const button = (name: string | RegExp) => page.getByRole('button', { name, exact: typeof name === 'string' });
/** In both languages and on a telephone. */
async function look(name: string): Promise<void> {
  for (const [language, size] of [
    ['vi', { width: 1366, height: 768 }],
    ['en', { width: 1366, height: 768 }],
    ['vi', { width: 390, height: 844 }],
  ] as const) {
    await page.setViewportSize(size);
    await page.evaluate((chosen) => localStorage.setItem('tramhoc.language', chosen), language);
    await page.reload();
    await page.locator('h1').first().waitFor();
    await page.getByRole('heading', { level: 2 }).first().waitFor();
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
    await page.screenshot({ path: join(screens, `console-${name}-${language}-${size.width}.png`), fullPage: true });
  }
  await page.evaluate(() => localStorage.setItem('tramhoc.language', 'vi'));
  await page.setViewportSize({ width: 1366, height: 768 });
  await page.reload();
  await page.locator('h1').first().waitFor();
}

beforeAll(async () => {
  mkdirSync(screens, { recursive: true });
  await buildConsole();
  world = await openWorld();
  site = await world.addSite('thpt-tim-may');
  const co2 = await plugIn('mhz19', { listen: 'tcp://127.0.0.1:0' });
  const dust = await plugIn('pms5003', haveSocat ? { pty: join(world.folder, 'bui') } : { listen: 'tcp://127.0.0.1:0' });
  const projector = await plugIn('pjlink', { listen: 'tcp://127.0.0.1:0' }, { on: 'true', class: '1' });
  projector.device.act('faults 200010');
  device = await site.enrolledAgent('Phòng học 10A1', { scanPorts: [co2.port, dust.port, join(world.folder, 'khong-co')] });
  await world.api('PUT', `/api/devices/${device.deviceId}/desired`, {
    ifVersion: 0,
    desired: { drivers: { 'may-chieu': { kind: 'pjlink', config: { port: projector.port } } } },
  });
  await untilStatus(device.agent, 'the projector answers', ({ slots }) => slots.some(({ state }) => state === 'open'));
  browser = await launchChromium();
  const context = await browser.newContext({
    viewport: { width: 1366, height: 768 },
    locale: 'vi-VN',
    timezoneId: 'Asia/Ho_Chi_Minh',
    reducedMotion: 'reduce',
  });
  page = await context.newPage();
  watched = watchPage(page);
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await world?.close();
  for (const simulation of plugged) await simulation.close();
});

test('a search finds what is plugged in, says how, and names what stands in the way', async () => {
  await open('/');
  await page.getByLabel('Tên đăng nhập').fill('admin');
  await page.getByLabel('Mật khẩu', { exact: true }).fill(world.centre.firstRunPassword!);
  await button('Đăng nhập').click();
  await page.getByLabel('Mật khẩu hiện tại').fill(world.centre.firstRunPassword!);
  await page.getByLabel('Mật khẩu mới', { exact: true }).fill(password);
  await page.getByLabel('Nhập lại mật khẩu mới').fill(password);
  await button('Đổi mật khẩu').click();
  await page.getByText('Trường thpt-tim-may').first().waitFor();
  await open(`/devices/${device.deviceId}?tab=config`);
  await button('Tìm phần cứng').click();
  await page.getByText(/Đang tìm|Đã gửi yêu cầu/).waitFor();
  await page.screenshot({ path: join(screens, 'console-search-running-vi-1366.png'), fullPage: true });
  await button('Tìm lại').and(page.locator(':enabled')).waitFor({ timeout: searchMs });
  await page.getByText('Cảm biến CO₂ Winsen (MH-Z19)').waitFor();
  await page.getByText('Cảm biến bụi mịn Plantower (PMS5003)').waitFor();
  await page.getByText('Không mở được', { exact: true }).waitFor();
  await look('search-found');
});

test('what was found is added with one press, and runs when it is applied', async () => {
  await button(/^Thêm Cảm biến CO₂ Winsen/).click();
  await page.getByText('Đã thêm vào cấu hình').waitFor();
  await page.getByRole('heading', { name: 'mhz19' }).waitFor();
  await button('Xem lại và áp dụng…').click();
  await button('Áp dụng').click();
  await page.getByText(/Đã lưu bản/).waitFor();
  await untilStatus(device.agent, 'the new sensor runs', ({ slots }) =>
    slots.some(({ kind, state }) => kind === 'mhz19' && state === 'open'),
  );
  await look('search-added');
});

test('a fault of the hardware is shown with what to do, and the health of each slot', async () => {
  await open(`/devices/${device.deviceId}`);
  await page.getByText('Quạt hỏng hoặc bị kẹt').first().waitFor();
  await page.getByText('Lau hoặc thay bộ lọc, rồi đặt lại số giờ của bộ lọc trong menu máy.').waitFor();
  await page
    .getByText(/^tin cuối/)
    .first()
    .waitFor();
  await look('hardware-faults');
});

test('a device that is away cannot search, and the page says so', async () => {
  await device.agent.close();
  await open(`/devices/${device.deviceId}?tab=config`);
  await page.getByText('Thiết bị đang ngoại tuyến: nối mạng lại rồi mới tìm được.').waitFor({ timeout: 30_000 });
  expect(await button(/^Tìm/).first().isDisabled()).toBe(true);
  await look('search-offline');
  expect(watched.faults).toEqual([]);
});
