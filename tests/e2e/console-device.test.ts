/** The page of a device in a browser against the real centre: nothing that was typed is lost without a word, and nothing old is shown as the present. */
import { join } from 'node:path';
import { desiredHash } from '@tramhoc/base/digest';
import { DesiredState } from '@tramhoc/protocol/twin';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { fillSchool, type School } from './console-school.ts';
import { type ConsoleStage, setConsoleStage } from './console-stage.ts';
import { launchChromium, watchPage } from './kiosk-stage.ts';

const screens = join(import.meta.dirname, 'screens');
const ownPassword = 'chuồn chuồn ớt đỏ 7';
let stage: ConsoleStage;
let shown: School;
let browser: Browser;
let context: BrowserContext;
let page: Page;
let watched: { faults: string[] };
/** Answers that a test asked for: the browser writes each refused request to its console. */
let expected: RegExp[] = [];

beforeAll(async () => {
  stage = await setConsoleStage();
  shown = await fillSchool(stage);
  browser = await launchChromium();
  context = await browser.newContext({ viewport: { width: 1366, height: 768 }, reducedMotion: 'reduce' });
  page = await context.newPage();
  await open('/');
  await signIn(stage.password);
  await page.getByLabel('Mật khẩu hiện tại').fill(stage.password);
  await page.getByLabel('Mật khẩu mới', { exact: true }).fill(ownPassword);
  await page.getByLabel('Nhập lại mật khẩu mới').fill(ownPassword);
  await button('Đổi mật khẩu').click();
  await page.getByRole('navigation').first().waitFor();
  await page.close();
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await stage?.close();
});
beforeEach(async () => {
  expected = [];
  page = await context.newPage();
  watched = watchPage(page);
});
afterEach(async () => {
  await page.close();
  expect(watched.faults.filter((fault) => !expected.some((pattern) => pattern.test(fault)))).toEqual([]);
});

const open = (path: string) => page.goto(stage.centre.consoleUrl + path);
const button = (name: string | RegExp) => page.getByRole('button', { name, exact: typeof name === 'string' });
const signIn = async (password: string) => {
  await page.getByLabel('Tên đăng nhập').fill('admin');
  await page.getByLabel('Mật khẩu', { exact: true }).fill(password);
  await button('Đăng nhập').click();
};
const look = (name: string) => page.screenshot({ path: join(screens, `console-${name}.png`) });

test('what was typed into a configuration outlives tabs, a reload, another language and the end of the session', async () => {
  await open(`/devices/${shown.room.deviceId}?tab=config`);
  const period = page.getByLabel('Chu kỳ báo cáo');
  await period.fill('3.600');
  await page.getByRole('tab', { name: 'Tổng quan' }).click();
  await page.getByRole('tab', { name: 'Cấu hình' }).click();
  expect(await period.inputValue()).toBe('3.600');
  const asked: string[] = [];
  page.on('dialog', (dialog) => {
    asked.push(dialog.type());
    void dialog.accept();
  });
  await page.reload();
  await period.waitFor();
  expect([asked, await period.inputValue()]).toEqual([['beforeunload'], '3.600']);
  await button('English').click();
  await page.getByRole('tab', { name: 'Configuration' }).waitFor();
  expect(await page.getByLabel('Report every').inputValue()).toBe('3600');
  await button('Tiếng Việt').click();
  await button('Xem lại và áp dụng…').click();
  expected = [/status of 401/];
  await context.clearCookies();
  await button('Áp dụng').click();
  await page.getByText('Phiên làm việc đã hết. Hãy đăng nhập lại.').waitFor();
  await signIn(ownPassword);
  await period.waitFor();
  expect([asked, await period.inputValue()]).toEqual([['beforeunload'], '3.600']);
  await button('Xem lại và áp dụng…').click();
  await page.getByRole('alertdialog').getByText('3.600 s').waitFor();
  await button('Áp dụng').click();
  await page.getByText('Đã lưu bản 2').waitFor();
});

test('who leaves changes that are not applied is asked, by a link, the way back and signing out', async () => {
  await open('/devices');
  await page.getByRole('link', { name: 'Phòng tin học 2' }).click();
  await page.getByRole('tab', { name: 'Cấu hình' }).click();
  const period = page.getByLabel('Chu kỳ báo cáo');
  const question = page.getByRole('alertdialog', { name: 'Bỏ các thay đổi chưa áp dụng?' });
  await period.fill('77');
  for (const leave of [
    () => page.getByRole('link', { name: 'Không khí' }).click(),
    () => page.goBack(),
    () => button('Đăng xuất').click(),
  ]) {
    await leave();
    await question.waitFor();
    await look('leave-question');
    await question.getByRole('button', { name: 'Ở lại' }).click();
    await question.waitFor({ state: 'detached' });
    expect([new URL(page.url()).pathname, await period.inputValue()]).toEqual([`/devices/${shown.room.deviceId}`, '77']);
  }
  await page.goBack();
  await question.getByRole('button', { name: 'Bỏ thay đổi' }).click();
  await page.getByRole('heading', { name: 'Thiết bị', level: 1 }).waitFor();
  await page.goForward();
  await page.getByRole('tab', { name: 'Cấu hình' }).click();
  expect(await period.inputValue()).toBe('3600');
});

test('hardware that is lost calls for attention in the list', async () => {
  await open('/devices?state=attention');
  const row = page.getByRole('row', { name: /Cổng chính/ });
  await row.getByText('1 phần cứng mất kết nối').waitFor();
  const never = page.getByRole('row', { name: /^Máy chủ Thư viện Quận 3/ });
  await never.getByText('Chưa kết nối').waitFor();
  expect(await page.getByRole('row', { name: /Hội trường/ }).count()).toBe(0);
  await look('devices-attention');
});

test('what an offline device told last is not shown as the present', async () => {
  const by = shown.lost;
  const drivers = { cong: { kind: 'rdm6300', config: { port: '/dev/ttyUSB0' } } };
  await stage.ask({ method: 'PUT', path: `/api/devices/${by.deviceId}/desired`, body: { ifVersion: 0, desired: { drivers } } });
  const atMs = Date.now() - 40 * 60_000;
  const hash = desiredHash(DesiredState.parse({ drivers }));
  await shown.tell([
    {
      ...{ by, atMs, type: 'vn.tramhoc.device.slot.v1' },
      data: { slot: 'cong', driver: 'rdm6300', state: 'open', skippedBytes: 0, reopenCount: 0 },
    },
    { by, atMs, type: 'vn.tramhoc.twin.reported.v1', data: { appliedVersion: 1, hash, drivers, errors: [] } },
  ]);
  await open(`/devices/${by.deviceId}`);
  await page.getByText(/^Thiết bị đang ngoại tuyến: trạng thái dưới đây là lần báo cuối/).waitFor();
  await page.getByText('Đã khớp').waitFor();
  await page.getByText('cong (Đầu đọc thẻ 125 kHz) đã chạy').waitFor();
  expect(await page.getByText(/^Hỗ trợ phần cứng/).count()).toBe(0);
  expect(await page.locator('.pill.ok').count()).toBe(0);
  await page.getByRole('tab', { name: 'Cấu hình' }).click();
  await page.getByText('Lần báo gần nhất, 40 phút trước: đúng cấu hình mong muốn.').waitFor();
  expect(await page.getByText('Thiết bị đang chạy đúng cấu hình mong muốn.').count()).toBe(0);
  await look('device-offline');
});

test('a site broker has no configuration, and revoking it says that its site is cut off for good', async () => {
  await open('/devices');
  await page.getByRole('link', { name: 'Máy chủ THPT Nguyễn Thượng Hiền' }).click();
  await page.getByRole('tab', { name: 'Sự kiện' }).waitFor();
  expect(await page.getByRole('tab').allInnerTexts()).toEqual(['Tổng quan', 'Sự kiện']);
  expect(await page.getByText('Kiểu máy').count()).toBe(0);
  await page.getByText('Thư viện: mất kết nối').waitFor();
  await button('Thu hồi…').click();
  await page
    .getByRole('alertdialog')
    .getByText(/sẽ ngắt cả THPT Nguyễn Thượng Hiền khỏi trung tâm vĩnh viễn/)
    .waitFor();
  await look('broker-revoke');
});

test('a driver is found by typing, one goes on in the new slot, and what is wrong there is named where one looks', async () => {
  await open(`/devices/${shown.gate.deviceId}?tab=config`);
  await button('Thêm khe').click();
  await page.getByLabel('Tên khe').fill('chieu-moi');
  await page.getByRole('button', { name: /Chọn trình điều khiển/ }).click();
  const titles = await page.getByRole('option').allInnerTexts();
  expect(titles).toEqual([...titles].sort((a, b) => a.localeCompare(b, 'vi', { numeric: true })));
  await page.getByRole('searchbox', { name: 'Tìm trình điều khiển' }).fill('may chieu');
  await page.getByRole('option', { name: /^Máy chiếu/ }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Thêm khe' }).click();
  const slot = page.locator('.slot-editor', { hasText: 'chieu-moi' });
  const address = slot.getByLabel('Địa chỉ mạng');
  await expect.poll(() => address.evaluate((input) => input === document.activeElement)).toBe(true);
  const state = page.locator('.apply-bar').getByRole('status');
  expect(await slot.getByText('Cần nhập.').count()).toBe(0);
  await state.getByText('Có ô chưa đúng ở khe chieu-moi').waitFor();
  await page.keyboard.press('Tab');
  await slot.getByText('Cần nhập.').waitFor();
  await address.fill('/dev/ttyUSB0');
  await slot.getByText('Khe dau-doc-cong đã dùng cổng này.').waitFor();
  await look('slot-port-taken');
  await address.fill('tcp://192.168.1.41');
  await button('Xem lại và áp dụng…').click();
  await button('Áp dụng').click();
  await state.getByText('Đã lưu bản 2').waitFor();
});

test('a port that a slot of the device uses is told as that slot’s after a search', async () => {
  const asked = await stage.ask({ method: 'POST', path: `/api/devices/${shown.gate.deviceId}/scan`, body: {} });
  const { scanId } = asked as { scanId: string };
  const ports = [{ port: '/dev/ttyUSB0', state: 'in-use', slot: 'dau-doc-cong' }];
  const data = { scanId, state: 'done', ports, more: 0 };
  await shown.tell([{ by: shown.gate, type: 'vn.tramhoc.device.scan.v1', atMs: Date.now(), data }]);
  await open(`/devices/${shown.gate.deviceId}?tab=config`);
  await page.getByText('Khe dau-doc-cong đang dùng cổng này.').waitFor();
});
