/** A frame recorded from a real device goes into the wire byte by byte; people see it on the kiosk and in the console. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '@tramhoc/base/clock';
import { silentLog } from '@tramhoc/base/log';
import { systemRandom } from '@tramhoc/base/random';
import { startWebHost, type WebHost } from '@tramhoc/kiosk-app/host/web-host';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildKiosk, type KioskBuild } from '../../kiosk-app/build.ts';
import { buildConsole } from '../../provisioning/build-console.ts';
import { haveSocat, type PseudoTerminal, pseudoTerminal } from '../world/pseudo-terminal.ts';
import { type AgentInWorld, openWorld, type Site, untilStatus, type World } from '../world/site-world.ts';
import { until } from '../world/until.ts';
import { findRuntime, launchKiosk } from './kiosk-electron-runtime.ts';
import { launchChromium } from './kiosk-stage.ts';
import { startDisplay } from './virtual-display.ts';

/** Recorded: Tasmota, xsns_51_rdm6300.ino; PyPMS, tests/captured_data/PMSx003.hexdump. */
const recordedTap = Buffer.from('0231343030384543373933434503', 'hex');
const recordedAir = Buffer.from('424d001c00000008000800000008000800d20046002d001e00000000970002c5', 'hex');
const pupil = 'Nguyễn Thị Ngọc An';
/** The same card within this time counts once; see device-agent/src/attendance/tap-machine.ts. */
const ignoreRepeatTapMs = 3_200;
const runtime = findRuntime();
const whyNoElectron = runtime === undefined ? ' (skipped: ELECTRON_TEST_RUNTIME is not set and no Electron binary is installed)' : '';
const screens = join(import.meta.dirname, 'screens');

describe.skipIf(!haveSocat)('a school with a card reader and an air sensor on serial lines (needs socat)', () => {
  let world: World;
  let site: Site;
  let device: AgentInWorld & { deviceId: string };
  let reader: PseudoTerminal;
  let air: PseudoTerminal;
  let browser: Browser;
  let console_: Page;
  let kiosk: Page;
  let kioskHost: WebHost;
  let kioskBuild: KioskBuild;
  const complaints: string[] = [];

  const pageAt = async (url: string, size: { width: number; height: number }): Promise<Page> => {
    const page = await browser.newPage({ viewport: size, locale: 'vi-VN', timezoneId: 'Asia/Ho_Chi_Minh' });
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(`${url}: ${message.text()}`);
    });
    page.on('pageerror', (error) => complaints.push(`${url}: ${error.message}`));
    await page.goto(url);
    return page;
  };

  beforeAll(async () => {
    mkdirSync(screens, { recursive: true });
    [kioskBuild] = await Promise.all([buildKiosk(), buildConsole()]);
    world = await openWorld();
    site = await world.addSite('thpt-tram-hoc');
    await site.importCards([
      { card: '14008EC793', person: 'HS0001', name: pupil, group: '10A1' },
      { card: '1400000001', person: 'HS0002', name: 'Trần Gia Bảo', group: '10A1' },
    ]);
    reader = await pseudoTerminal(world.folder, 'reader');
    air = await pseudoTerminal(world.folder, 'air');
    device = await site.enrolledAgent('Cổng chính');
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
    kioskHost = await startWebHost(
      { agentSocket: device.socketPath, host: '127.0.0.1', port: 0, distFolder: kioskBuild.pageFolder },
      { clock: systemClock(), random: systemRandom(), log: silentLog },
    );
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser?.close();
    await kioskHost?.close();
    reader?.close();
    air?.close();
    await world?.close();
  });

  test('IT signs in with the first password and must choose another', async () => {
    console_ = await pageAt(world.centre.consoleUrl, { width: 1366, height: 768 });
    await console_.getByLabel('Tên đăng nhập').fill('admin');
    await console_.getByLabel('Mật khẩu', { exact: true }).fill(world.centre.firstRunPassword!);
    await console_.getByRole('button', { name: 'Đăng nhập' }).click();
    await console_.getByLabel('Mật khẩu hiện tại').fill(world.centre.firstRunPassword!);
    await console_.getByLabel('Mật khẩu mới', { exact: true }).fill('trời xanh ghế gỗ mèo 7');
    await console_.getByLabel('Nhập lại mật khẩu mới').fill('trời xanh ghế gỗ mèo 7');
    await console_.getByRole('button', { name: 'Đổi mật khẩu' }).click();
    await console_.getByText('Trường thpt-tram-hoc').first().waitFor();
  });

  test('the tap is on the kiosk with a greeting and, without a reload, in the attendance of the day', async () => {
    kiosk = await pageAt(kioskHost.url, { width: 1080, height: 1920 });
    await kiosk
      .getByRole('button', { name: /Điểm danh/ })
      .first()
      .waitFor();
    await console_.goto(new URL('/attendance?site=thpt-tram-hoc', world.centre.consoleUrl).href);
    await console_.getByText(pupil).first().waitFor();
    await reader.sendByteByByte(recordedTap);
    await reader.sendByteByByte(recordedTap);
    await kiosk.getByText(pupil).first().waitFor();
    await kiosk.screenshot({ path: join(screens, 'kiosk-tap.png') });
    await console_.getByRole('row', { name: new RegExp(`${pupil}.*\\d\\d:\\d\\d`) }).waitFor();
    await console_.screenshot({ path: join(screens, 'console-attendance.png') });
  });

  test('the reading is among the events as a sentence, and the tap is there once', async () => {
    await console_.goto(new URL('/events?site=thpt-tram-hoc', world.centre.consoleUrl).href);
    await console_.getByText(`Chạm thẻ: ${pupil}`).first().waitFor();
    await air.sendByteByByte(recordedAir);
    await console_
      .getByText(/PM2\.5.*8/)
      .first()
      .waitFor();
    expect(await console_.getByText(`Chạm thẻ: ${pupil}`).count()).toBe(1);
    await console_.screenshot({ path: join(screens, 'console-events.png') });
    const taps = await world.api<{ events: unknown[] }>('GET', `/api/events?device=${device.deviceId}&type=vn.tramhoc.attendance.tap.v1`);
    const readings = await world.api<{ events: unknown[] }>(
      'GET',
      `/api/events?device=${device.deviceId}&type=vn.tramhoc.sensor.reading.v1`,
    );
    expect([taps.events.length, readings.events.length]).toEqual([1, 1]);
  });

  test.skipIf(runtime === undefined)(`the same card is greeted by the kiosk in Electron${whyNoElectron}`, async () => {
    const display = await startDisplay({ width: 1080, height: 1920 });
    const displayBefore = process.env['DISPLAY'];
    process.env['DISPLAY'] = display.name;
    const electron = await launchKiosk(runtime!, { appFolder: kioskBuild.electronFolder, config: { agentSocket: device.socketPath } });
    try {
      await electron.page
        .getByRole('button', { name: /Điểm danh/ })
        .first()
        .waitFor();
      await new Promise((resolve) => setTimeout(resolve, ignoreRepeatTapMs));
      await reader.sendByteByByte(recordedTap);
      await electron.page.getByText(pupil).first().waitFor();
      await electron.page.screenshot({ path: join(screens, 'kiosk-electron-tap.png') });
      await until('the second tap is at the centre', async () => {
        const path = `/api/events?device=${device.deviceId}&type=vn.tramhoc.attendance.tap.v1`;
        return (await world.api<{ events: unknown[] }>('GET', path)).events.length === 2;
      });
    } finally {
      await electron.close();
      display.stop();
      if (displayBefore === undefined) delete process.env['DISPLAY'];
      else process.env['DISPLAY'] = displayBefore;
    }
  });

  test('neither page complained in its console', () => expect(complaints).toEqual([]));
});
