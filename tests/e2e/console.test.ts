/** The console in a browser against the real centre: what IT staff do from the first sign-in on, and that everybody can read every page. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import { SiteId } from '@tramhoc/protocol/ids';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { fillSchool, people, peopleCsv, type School, school } from './console-school.ts';
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
  mkdirSync(screens, { recursive: true });
  stage = await setConsoleStage();
  browser = await launchChromium();
  context = await browser.newContext({ viewport: { width: 1366, height: 768 }, acceptDownloads: true });
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

test('the first sign-in tells wrong passwords in words and demands a new password', async () => {
  expected = [/status of 401/];
  await open('/');
  await page.getByLabel('Tên đăng nhập').fill('admin');
  await button('Đăng nhập').click();
  await page.getByText('Nhập tên đăng nhập và mật khẩu').waitFor();
  const password = page.getByLabel('Mật khẩu', { exact: true });
  await expect.poll(() => password.evaluate((field) => field === document.activeElement)).toBe(true);
  await password.fill('sai mật khẩu rồi');
  await button('Đăng nhập').click();
  await page.getByText('Tên đăng nhập hoặc mật khẩu không đúng').waitFor();
  await page.getByLabel('Mật khẩu', { exact: true }).fill(stage.password);
  await button('Đăng nhập').click();
  await page.getByRole('heading', { name: 'Đổi mật khẩu' }).waitFor();
  await page.getByLabel('Mật khẩu hiện tại').fill(stage.password);
  await page.getByLabel('Mật khẩu mới', { exact: true }).fill('ngan qua');
  await page.getByLabel('Nhập lại mật khẩu mới').fill('khac nhau');
  await button('Đổi mật khẩu').click();
  await page.getByText('Hai lần nhập không giống nhau').waitFor();
  expect(await page.getByText('Còn thiếu 4 ký tự').count()).toBe(1);
  await page.getByLabel('Mật khẩu mới', { exact: true }).fill(ownPassword);
  await page.getByLabel('Nhập lại mật khẩu mới').fill(ownPassword);
  await page.getByText('Mạnh', { exact: true }).waitFor();
  await button('Đổi mật khẩu').click();
  await page.getByRole('heading', { name: 'Chưa có điểm trường nào' }).waitFor();
  await page.locator('.side').getByText('Trực tiếp').waitFor();
});

test('a new site is given its claim once, and its list of cards comes from a CSV file or not at all', async () => {
  await open('/sites');
  await button('Thêm điểm trường').first().click();
  await page.getByLabel('Tên điểm trường').fill('THCS Đặng Dung');
  expect(await page.getByLabel('Mã điểm trường').inputValue()).toBe('thcs-dang-dung');
  await page.getByLabel(/^Máy chủ điểm trường/).fill('10.0.0.5');
  await button('Thêm').click();
  await page.getByRole('heading', { name: 'Đã thêm điểm trường' }).waitFor();
  expect(await button('Tôi đã lưu mã').isDisabled()).toBe(true);
  await page.getByText('Tôi đã sao chép mã kích hoạt').click();
  await button('Tôi đã lưu mã').click();
  await page.getByRole('link', { name: 'THCS Đặng Dung', exact: true }).click();
  await page.getByRole('heading', { name: 'THCS Đặng Dung', level: 1 }).waitFor();
  const choose = (name: string, text: string) =>
    page.setInputFiles('input[type=file]', { name, mimeType: 'text/csv', buffer: Buffer.from(text) });
  await choose('loi.csv', 'so_the,ma,ho_ten,lop\n14008EC700,HS-1,Nguyễn Thị An,6A\nxyz,HS-2,Trần Văn Bình,6A\n');
  await button('Nhập danh sách').click();
  await page.getByRole('alert').getByText('Chưa nhập: 1 dòng có lỗi').waitFor();
  await page.getByText(/Không phải số thẻ/).waitFor();
  await button('Chọn tệp khác').click();
  await choose('6a.csv', peopleCsv());
  await page.getByText(`6a.csv · ${people.length + 1} dòng`).waitFor();
  await button('Nhập danh sách').click();
  await page.getByText(`Đã nhập ${people.length} thẻ`).waitFor();
  await button('Cấp mã kích hoạt mới…').click();
  await button('Cấp mã mới').click();
  await page.getByText('Mã kích hoạt chỉ hiện một lần').waitFor();
});

test('an id that is taken is said, until another one is typed', async () => {
  await open('/sites');
  await button('Thêm điểm trường').first().click();
  await page.getByLabel('Tên điểm trường').fill('THCS Đặng Dung');
  await button('Thêm').click();
  const host = page.getByLabel(/^Máy chủ điểm trường/);
  await expect.poll(() => host.evaluate((field) => field === document.activeElement)).toBe(true);
  await host.fill('10.0.0.6');
  expected = [/status of 409/];
  await button('Thêm').click();
  await page.getByText('Mã này đã có. Chọn mã khác.').waitFor();
  await page.getByLabel('Mã điểm trường').fill('thcs-dang-dung-2');
  await expect.poll(() => page.getByText('Mã này đã có').count()).toBe(0);
});

test('a device that asks over the wire is found by the code on its screen, compared, approved, and shows up', async () => {
  const device = await stage.waiting({ name: 'tramhoc-7f3a', model: 'Raspberry Pi 5', serial: '10000000c0ffee12' });
  await open('/enrolment');
  const code = page.getByLabel('Mã đăng ký');
  await code.fill('bca');
  await page.getByText('Mã không có chữ “A”').waitFor();
  const typed = device.started.userCode.toLowerCase().replaceAll('-', ' ');
  await code.fill(typed.slice(0, -1) + (typed.at(-1) === 'b' ? 'c' : 'b'));
  await page.getByText(/chữ cuối không khớp/).waitFor();
  await code.fill(typed);
  await button('Tìm thiết bị').click();
  await page.getByText(device.started.fingerprint, { exact: true }).waitFor();
  await page.getByLabel('Tên thiết bị').fill('Cổng phụ');
  await button('Duyệt thiết bị').click();
  await page.getByText('So dấu vân tay với màn hình thiết bị rồi đánh dấu vào đây').waitFor();
  await page.getByText('Tôi đã so').click();
  await button('Duyệt thiết bị').click();
  await page.getByText('Đã duyệt Cổng phụ vào THCS Đặng Dung').waitFor();
  const { deviceId } = await stage.collect(device);
  await page.getByRole('link', { name: 'Mở trang thiết bị' }).click();
  await page.getByRole('heading', { name: 'Cổng phụ', level: 1 }).waitFor();
  expect(new URL(page.url()).pathname).toBe(`/devices/${deviceId}`);
  await page.getByText(device.started.fingerprint).waitFor();
  await page.getByText(/còn 36\d ngày/).waitFor();
});

test('the link in the QR code of a device opens its request; denying it asks first', async () => {
  const device = await stage.waiting({ name: 'may-la', model: '', serial: '' });
  await open(`/enrol?code=${device.started.userCode}`);
  await page.getByText('Không còn thiết bị nào khác đang chờ').waitFor();
  await page.reload();
  await button('Từ chối').click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Từ chối' }).click();
  await page.getByText('Đã từ chối may-la').waitFor();
  await page.getByText('Không có thiết bị nào đang chờ').waitFor();
});

test('a tap at the gate is on the screens a moment later, with the pupil’s name', async () => {
  shown = await fillSchool(stage);
  const absent = people[5]!;
  await open(`/attendance?site=${school.siteId}&q=${encodeURIComponent(absent.id)}`);
  const row = page.getByRole('row', { name: new RegExp(absent.name) });
  await row.getByText('Chưa chạm thẻ').waitFor();
  await shown.tap(absent);
  await row.getByText('Có mặt').waitFor();
  await open('/events?type=vn.tramhoc.attendance.tap.v1');
  await page.getByText(`Chạm thẻ: ${absent.name} (${absent.group})`).first().waitFor();
  await button('Tạm dừng').click();
  await shown.tap(people[18]!);
  await page.getByText('1 sự kiện mới đang chờ').waitFor();
  await button(/^Chạy tiếp/).click();
  await page.getByText(`Chạm thẻ: ${people[18]!.name}`).first().waitFor();
});

test('a day without a tap is not told as a day when everybody was away', async () => {
  await open(`/attendance?site=${school.siteId}&date=2026-01-04`);
  await page.getByText('Không có lượt chạm nào trong ngày này.').waitFor();
  expect(await page.locator('.figure').count()).toBe(0);
});

test('a link to a site that is not there shows the data of no other site', async () => {
  for (const path of ['/attendance', '/air']) {
    await open(`${path}?site=khong-ton-tai`);
    await page.getByRole('heading', { name: 'Không có điểm trường này' }).waitFor();
    expect(await page.locator('.panel, .figure').count()).toBe(0);
  }
  await page.getByRole('button', { name: /Chọn điểm trường/ }).click();
  await page.getByRole('option', { name: school.name }).click();
  await page.getByText('PM2.5').first().waitFor();
});

test('the day leaves as a file that Excel reads', async () => {
  await open(`/attendance?site=${school.siteId}`);
  await page.getByRole('row').nth(20).waitFor();
  const [download] = await Promise.all([page.waitForEvent('download'), button('Tải CSV').click()]);
  const chunks: Buffer[] = [];
  for await (const chunk of await download.createReadStream()) chunks.push(chunk as Buffer);
  const lines = Buffer.concat(chunks).toString('utf8').split('\r\n');
  expect(lines[0]).toBe('\uFEFFNgày,Mã,Họ tên,Lớp,Trạng thái,Giờ vào,Lần cuối,Số lần chạm');
  expect(lines).toHaveLength(people.length + 2);
});

test('a config is changed by the driver’s own form; somebody who was faster is not overwritten', async () => {
  const path = `/api/devices/${shown.room.deviceId}/desired`;
  const slot = (reportEveryS: number) => ({
    drivers: { 'khong-khi': { kind: 'pms5003', config: { port: '/dev/ttyUSB0', reportEveryS } } },
  });
  await open(`/devices/${shown.room.deviceId}?tab=config`);
  const period = page.getByLabel('Chu kỳ báo cáo');
  await period.fill('0');
  await page.getByText(/Nhỏ hơn mức cho phép/).waitFor();
  expect(await button('Xem lại và áp dụng…').isDisabled()).toBe(true);
  await period.fill('30');
  await button('Xem lại và áp dụng…').click();
  await page.getByRole('alertdialog').getByText('30 s').waitFor();
  await button('Áp dụng').click();
  await page.getByText('Đã lưu bản 2').waitFor();
  await period.fill('45');
  await stage.ask({ method: 'PUT', path, body: { ifVersion: 2, desired: slot(90) } });
  expected = [/status of 409/];
  await button('Xem lại và áp dụng…').click();
  await button('Áp dụng').click();
  await page.getByText('Người khác vừa đổi cấu hình').waitFor();
  await expect.poll(() => period.inputValue()).toBe('90');
});

test('a device is revoked only by typing its name', async () => {
  await open(`/devices/${shown.lost.deviceId}`);
  await button('Thu hồi…').click();
  await page.getByLabel('Lý do').fill('Máy bị mất');
  await page.getByLabel(/^Gõ lại tên thiết bị/).fill('Thu vien');
  await button('Thu hồi thiết bị').click();
  await page.getByText('Tên chưa khớp').waitFor();
  await page.getByLabel(/^Gõ lại tên thiết bị/).fill('Thư viện');
  await button('Thu hồi thiết bị').click();
  await page.getByText(/Đã thu hồi lúc .* Máy bị mất/).waitFor();
});

test('the curl line of a new token works as it stands, and no longer after the token is deleted', async () => {
  await open('/tokens');
  await button('Tạo khóa').first().click();
  await page.getByLabel('Tên', { exact: true }).fill('Kho dữ liệu');
  await button('Tạo').click();
  // the page behind has one as well, with words in place of the token
  const line = await page
    .getByRole('alertdialog')
    .getByText(/^curl -H/)
    .textContent();
  const [, bearer = '', url = ''] = /'Authorization: (Bearer [^']+)' '([^']+)'/.exec(line ?? '') ?? [];
  const asked = () => fetch(url, { headers: { authorization: bearer } });
  expect(((await (await asked()).json()) as { events: unknown[] }).events).toHaveLength(5);
  await button('Xong').click();
  await button('Xóa khóa Kho dữ liệu').click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Xóa' }).click();
  await page.getByRole('heading', { name: 'Chưa có khóa nào' }).waitFor();
  expect((await asked()).status).toBe(401);
});

test('a page that was open while the centre was away says so', async () => {
  await open('/sites');
  await page.locator('.side').getByText('Trực tiếp').waitFor();
  await context.setOffline(true);
  expected = [/ERR_INTERNET_DISCONNECTED/];
  await page.getByRole('link', { name: 'Phản ánh' }).click();
  await page.getByText('Không kết nối được trung tâm').waitFor();
  await context.setOffline(false);
  await button('Thử lại').first().click();
  await page.getByText('PA-7K3M-9QXP').waitFor();
});

const everyPage = (): [string, string][] => [
  ['sites', '/sites'],
  ['site', `/sites/${school.siteId}`],
  ['devices', '/devices'],
  ['device', `/devices/${shown.gate.deviceId}`],
  ['device-config', `/devices/${shown.gate.deviceId}?tab=config`],
  ['device-events', `/devices/${shown.gate.deviceId}?tab=events`],
  ['device-air', `/devices/${shown.room.deviceId}`],
  ['device-board', `/devices/${shown.board.deviceId}`],
  ['enrolment', '/enrolment'],
  ['enrolment-review', `/enrol?code=${shown.waiting[0]!.started.userCode}`],
  ['attendance', `/attendance?site=${school.siteId}`],
  ['air', `/air?site=${school.siteId}`],
  ['events', '/events'],
  ['feedback', '/feedback'],
  ['tokens', '/tokens'],
  ['empty-site', `/sites/${SiteId.parse('thu-vien-quan-3')}`],
  ['unknown', '/no-such-page'],
];

/** The address that is no page is answered with 404, which the browser writes to its console, once. */
const besidesUnknownPage = (faults: string[]): string[] => {
  const at = faults.findIndex((fault) => fault.includes('status of 404'));
  return faults.filter((_, index) => index !== at);
};

/** Rows of a table are alike: the first ones stand for all. The colours of the dark theme are looked at on the same page. */
const someRows = 'tbody tr:nth-child(n + 9)';

// two languages at once: a browser and the rules of axe are slow on one processor
test('every page can be read by everybody, light and dark, in both languages', async () => {
  const found = await Promise.all((['vi', 'en'] as const).map(unreadableIn));
  expect(found.flat()).toEqual([]);
}, 300_000);

async function unreadableIn(language: 'vi' | 'en'): Promise<string[]> {
  const reader = await browser.newContext({
    viewport: { width: 1366, height: 768 },
    storageState: await context.storageState(),
    reducedMotion: 'reduce',
  });
  try {
    const sheet = await reader.newPage();
    const { faults } = watchPage(sheet);
    await sheet.addInitScript((chosen) => {
      localStorage.setItem('tramhoc.language', chosen);
      localStorage.setItem('tramhoc.theme', 'light');
    }, language);
    const found: string[] = [];
    for (const [name, path] of everyPage()) {
      await sheet.goto(stage.centre.consoleUrl + path);
      await sheet.locator('h1').first().waitFor();
      await sheet.locator('.loading').first().waitFor({ state: 'detached' });
      const light = await new AxeBuilder({ page: sheet }).exclude(someRows).analyze();
      await sheet.screenshot({ path: join(screens, `console-${name}-${language}-light.png`) });
      await sheet.evaluate(() => {
        document.documentElement.dataset['theme'] = 'dark';
      });
      const dark = await new AxeBuilder({ page: sheet }).exclude(someRows).withRules(['color-contrast']).analyze();
      await sheet.screenshot({ path: join(screens, `console-${name}-${language}-dark.png`) });
      for (const { id, nodes } of [...light.violations, ...dark.violations])
        found.push(`${name} (${language}): ${id} ${nodes[0]?.html.slice(0, 160)}`);
    }
    return [...found, ...besidesUnknownPage(faults)];
  } finally {
    await reader.close();
  }
}

test('a Vietnamese page has no English label of the component library', async () => {
  await page.addInitScript(() => localStorage.setItem('tramhoc.language', 'vi'));
  await open('/devices');
  await page.getByRole('button', { name: /Mọi trạng thái/ }).click();
  await page.getByRole('option', { name: 'Trực tuyến' }).waitFor();
  const labels = await page
    .locator('[aria-label], [aria-roledescription]')
    .evaluateAll((all) => all.map((one) => one.getAttribute('aria-label') ?? ''));
  expect(labels.filter((label) => /\b(?:Dismiss|Select|Clear|Close|Show|Open)\b/.test(label))).toEqual([]);
  expect(await page.locator('html').getAttribute('lang')).toBe('vi');
});

test('on a phone the pages fit, and the menu opens and closes', async () => {
  const phone = await browser.newContext({
    viewport: { width: 390, height: 844 },
    storageState: await context.storageState(),
    isMobile: true,
    hasTouch: true,
  });
  try {
    const small = await phone.newPage();
    const { faults } = watchPage(small);
    for (const [name, path] of everyPage()) {
      await small.goto(stage.centre.consoleUrl + path);
      await small.locator('h1').first().waitFor();
      await small.locator('.loading').first().waitFor({ state: 'detached' });
      expect([name, await small.evaluate(() => document.documentElement.scrollWidth)]).toEqual([name, 390]);
    }
    const menu = small.getByRole('button', { name: 'Mở danh mục trang' });
    const air = small.getByRole('link', { name: 'Không khí' });
    await menu.tap();
    await air.waitFor();
    expect(await menu.count()).toBe(0);
    await small.keyboard.press('Escape');
    await air.waitFor({ state: 'hidden' });
    await menu.tap();
    await air.tap();
    await small.getByRole('heading', { name: 'Không khí', level: 1 }).waitFor();
    expect(besidesUnknownPage(faults)).toEqual([]);
  } finally {
    await phone.close();
  }
});

test('signing out ends the session', async () => {
  await open('/sites');
  await button('Đăng xuất').click();
  await page.getByRole('heading', { name: 'Đăng nhập' }).waitFor();
  expect(await page.getByText('Phiên làm việc đã hết').count()).toBe(0);
  await page.reload();
  await page.getByRole('heading', { name: 'Đăng nhập' }).waitFor();
});
