/** The kiosk in a browser: the built page, the web host, a scripted agent on a real socket. */
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { enrolledStatus } from '@tramhoc/kiosk-app/host/scripted-agent';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { launchChromium, type Stage, setStage, watchPage } from './kiosk-stage.ts';
import {
  endWalk,
  expectAccessible,
  expectTouchable,
  expectVietnamese,
  modes,
  openFeedbackText,
  receiptPrinter,
  setMode,
  stops,
  typeOnScreen,
  waitingEnrolment,
} from './kiosk-walk.ts';

const screens = fileURLToPath(new URL('./screens/', import.meta.url));
const portrait = { width: 1080, height: 1920 };
let stage: Stage;
let browser: Browser;
let context: BrowserContext;
let page: Page;
let watched: { faults: string[] };

beforeAll(async () => {
  mkdirSync(screens, { recursive: true });
  stage = await setStage();
  browser = await launchChromium();
});
afterAll(async () => {
  await browser?.close();
  await stage?.close();
});
beforeEach(async () => {
  stage.agent().become(enrolledStatus);
  stage.agent().refuseFeedback(undefined);
  stage.agent().refusePrint(undefined);
  context = await browser.newContext({ viewport: portrait });
  page = await context.newPage();
  watched = watchPage(page);
});
afterEach(async () => {
  await context.close();
  // Nothing in the console, no request to anybody else, whatever the test did.
  expect(watched.faults).toEqual([]);
});

async function openKiosk(idle?: { idleMs: number; countdownMs: number }): Promise<void> {
  const host = await stage.webHost(idle);
  await page.goto(host.url);
  await page.locator('.home').waitFor();
}

const accept = (tapId: string): void =>
  stage.agent().say({ notice: 'tap.accepted', tapId, slot: 'gate-reader', wallMs: Date.UTC(2026, 10, 23, 0, 5, 12) });

test.each([
  ['portrait kiosk', portrait, 64, ['Vietnamese', 'English', 'large text', 'high contrast']],
  ['desk screen', { width: 1366, height: 768 }, 44, ['Vietnamese', 'large text']],
  ['pad', { width: 1280, height: 800 }, 44, ['English']],
  ['7-inch panel', { width: 1024, height: 600 }, 44, ['Vietnamese', 'large text']],
])(
  'every screen opens on a %s, is accessible, and everything can be touched',
  { timeout: 300_000 },
  async (name, viewport, minimumPx, wanted) => {
    await page.setViewportSize(viewport);
    await openKiosk();
    for (const mode of modes.filter((one) => wanted.includes(one.name))) {
      await page.reload();
      await page.locator('.home').waitFor();
      await setMode(page, mode);
      for (const [at, stop] of stops.entries()) {
        await stop.go(page, stage);
        const where = `${mode.name}, ${stop.name}`;
        // English and larger letters change neither colours nor structure.
        if (mode.language === 'vi' && mode.name !== 'large text') await expectAccessible(page, where);
        await expectTouchable(page, where, minimumPx);
        if (mode.language === 'vi') await expectVietnamese(page, where);
        const file = `kiosk ${name} ${mode.name} ${String(at).padStart(2, '0')} ${stop.name}`.replaceAll(/[ ,]+/g, '-');
        await page.screenshot({ path: `${screens}${file}.png`, animations: 'disabled' });
      }
      await endWalk(page, stage);
    }
  },
);

test('low reach brings everything that is touched into the lower 60 % of a portrait screen', async () => {
  await openKiosk();
  await page.getByRole('button', { name: 'Tầm với thấp' }).click();
  for (const stop of stops) {
    await stop.go(page, stage);
    if (stop.name === 'home' || stop.name === 'feedback, text') await expectAccessible(page, `low reach, ${stop.name}`);
    const tops = await page.evaluate(() =>
      [...document.querySelectorAll<HTMLElement>('button, input, textarea')]
        .filter((one) => one.checkVisibility())
        .map((one) => one.getBoundingClientRect().top),
    );
    expect(Math.min(...tops), stop.name).toBeGreaterThanOrEqual(portrait.height * 0.4);
  }
  stage.agent().become(enrolledStatus);
});

test('a card on the reader is confirmed at once, then greeted by name, and home comes back by itself', async () => {
  await openKiosk();
  accept('a');
  await page.locator('.big-tap-title').getByText('Đã ghi nhận').waitFor();
  expect(await page.locator('.big-tap-time').textContent()).toContain('07:05:12');
  stage.agent().say({ notice: 'tap.identified', tapId: 'a', who: { result: 'known', name: 'Nguyễn Thị An', group: '10A1' } });
  await page.getByText('Lớp 10A1').waitFor();
  expect((await page.locator('.big-tap-title').textContent())!.replaceAll(/\s+/g, ' ')).toBe('Chào Nguyễn Thị An');
  await page.locator('.home').waitFor({ timeout: 10_000 });
  expect(await page.getByText('Nguyễn').count()).toBe(1);
  expect(await page.locator('.brand').textContent()).toContain('Nguyễn Thượng Hiền');
});

test('an unknown card, no network, a repeat and a refused tap each say what happened and what to do', async () => {
  await openKiosk();
  accept('a');
  stage.agent().say({ notice: 'tap.identified', tapId: 'a', who: { result: 'unknown' } });
  await page.getByText('Thẻ chưa đăng ký').first().waitFor();
  await page.getByText('mang thẻ đến văn phòng để đăng ký').waitFor();
  accept('b');
  stage.agent().say({ notice: 'tap.identified', tapId: 'b', who: { result: 'offline' } });
  await page.getByText('Lượt điểm danh của bạn vẫn được tính').waitFor();
  stage.agent().say({ notice: 'tap.refused', slot: 'gate-reader', code: 'DISK_FULL' });
  await page.getByText('Lượt chạm này không được tính').waitFor();
  stage.agent().say({ notice: 'tap.repeated', slot: 'gate-reader' });
  await page.getByText('Bạn đã điểm danh rồi').first().waitFor();
});

test('a queue of pupils: the newest is big and whole, the others small and masked', async () => {
  await openKiosk();
  for (const [tapId, name] of [
    ['a', 'Trần Quốc Bảo'],
    ['b', 'Lê Hoàng Mỹ Duyên'],
    ['c', 'Nguyễn Thị An'],
  ] as const) {
    accept(tapId);
    stage.agent().say({ notice: 'tap.identified', tapId, who: { result: 'known', name, group: '10A1' } });
  }
  await page.getByText('Nguyễn Thị An').waitFor();
  expect(await page.locator('.recent-tap').allTextContents()).toEqual([
    expect.stringContaining('L. H. M. Duyên'),
    expect.stringContaining('T. Q. Bảo'),
  ]);
  expect(await page.getByText('Trần Quốc Bảo').count()).toBe(0);
});

test.each([
  ['portrait kiosk', portrait, undefined],
  ['portrait kiosk with low reach', portrait, 'Tầm với thấp'],
  ['portrait kiosk with large text', portrait, 'Chữ to'],
  ['7-inch panel', { width: 1024, height: 600 }, undefined],
  ['7-inch panel with large text', { width: 1024, height: 600 }, 'Chữ to'],
])('the greeting of the next pupil covers nothing that the writer presses or reads: %s', async (_name, viewport, tool) => {
  await page.setViewportSize(viewport);
  await openKiosk();
  if (tool !== undefined) await page.getByRole('button', { name: tool }).click();
  await openFeedbackText(page);
  accept('a');
  stage
    .agent()
    .say({ notice: 'tap.identified', tapId: 'a', who: { result: 'known', name: 'Công Tằng Tôn Nữ Hoàng Bảo Trân', group: '10A1' } });
  await page.locator('.tap-banner-card').getByText('Bảo Trân').waitFor();
  const covered = await page.evaluate(() => {
    const banner = document.querySelector('.tap-banner-card')!.getBoundingClientRect();
    return [...document.querySelectorAll<HTMLElement>('button, textarea, .clock-time, .frame-main')]
      .map((one) => ({ name: one.className, box: one.getBoundingClientRect() }))
      .filter(({ box }) => box.left < banner.right && box.right > banner.left && box.top < banner.bottom && box.bottom > banner.top)
      .map(({ name }) => name);
  });
  expect(covered).toEqual([]);
});

test('feedback typed as "phanr anhs" on the screen reaches the agent as "phản ánh" and gives a code', async () => {
  await openKiosk();
  await openFeedbackText(page);
  await typeOnScreen(page, 'phanr anhs');
  expect(await page.getByRole('textbox').inputValue()).toBe('phản ánh');
  await page.getByRole('button', { name: 'Tiếp tục' }).click();
  await typeOnScreen(page, '0912');
  await page.getByRole('button', { name: 'Tiếp tục' }).click();
  await page.getByRole('alert').getByText('Số điện thoại chưa đúng').waitFor();
  expect(await page.getByRole('textbox').evaluate((box) => box === document.activeElement)).toBe(true);
  await typeOnScreen(page, '345678');
  expect(await page.getByRole('alert').count()).toBe(0);
  await page.getByRole('button', { name: 'Tiếp tục' }).click();
  await page.getByRole('button', { name: 'Gửi phản ánh' }).click();
  const code = await page.locator('.tracking-code').textContent();
  expect(code).toMatch(/^PA-[0-9A-Z]{4}-[0-9A-Z]{4}$/);
  expect(stage.agent().feedback.at(-1)).toEqual({ category: 'facilities', text: 'phản ánh', phone: '0912345678', language: 'vi' });
  await page.getByText('Đã gửi đến nơi tiếp nhận').waitFor();
  stage.agent().become({ brokerConnected: false, pendingEvents: 1 });
  await page.locator('.sent').getByText('sẽ gửi khi có mạng').waitFor();
});

test('the tracking code is printed where there is a printer, with the reason and another try when there is no paper', async () => {
  await openKiosk();
  await openFeedbackText(page);
  await typeOnScreen(page, 'quatj hong');
  await page.getByRole('button', { name: 'Tiếp tục' }).click();
  await page.getByRole('button', { name: 'Bỏ qua' }).click();
  await page.getByRole('button', { name: 'Gửi phản ánh' }).click();
  const code = await page.locator('.tracking-code').textContent();
  const print = page.getByRole('button', { name: 'In phiếu' });
  const printedBefore = stage.agent().receipts.length;
  expect(await print.count()).toBe(0);
  stage.agent().become({ slots: [...enrolledStatus.slots, { ...receiptPrinter, state: 'lost' }] });
  expect(await print.count()).toBe(0);
  stage.agent().become({ slots: [...enrolledStatus.slots, receiptPrinter] });
  stage.agent().refusePrint('PRINTER_PAPER_OUT');
  await print.click();
  await page.getByRole('alert').getByText('Máy in hết giấy').waitFor();
  expect(stage.agent().receipts.length).toBe(printedBefore);
  stage.agent().refusePrint(undefined);
  await page.getByRole('button', { name: 'In lại' }).click();
  await page.getByText('Đã in phiếu').waitFor();
  const receipt = stage.agent().receipts.at(-1);
  expect(receipt!.lines).toContainEqual({ line: 'title', text: code });
  expect(receipt!.lines).toContainEqual({ line: 'columns', left: 'Về việc', right: 'Cơ sở vật chất' });
  // what was written stays off the paper
  expect(JSON.stringify(receipt)).not.toContain('hong');
  expect(await page.getByRole('button', { name: /^In / }).count()).toBe(0);
});

test('a real keyboard types by the method that is lit', async () => {
  await openKiosk();
  await openFeedbackText(page);
  await page.keyboard.type('Nhaf veej sinh, ');
  expect(await page.getByRole('textbox').inputValue()).toBe('Nhà vệ sinh, ');
  await page.getByRole('button', { name: 'ABC', exact: true }).click();
  await page.keyboard.type('coffee');
  expect(await page.getByRole('textbox').inputValue()).toBe('Nhà vệ sinh, coffee');
});

test('text that is chosen is replaced, and a letter in the middle goes where the caret is', async () => {
  await openKiosk();
  await openFeedbackText(page);
  await typeOnScreen(page, 'ban');
  const field = page.getByRole('textbox');
  await field.evaluate((box: HTMLTextAreaElement) => box.setSelectionRange(1, 1));
  await typeOnScreen(page, 'h');
  expect(await field.inputValue()).toBe('bhan');
  await field.evaluate((box: HTMLTextAreaElement) => box.setSelectionRange(0, 2));
  await typeOnScreen(page, 't');
  expect(await field.inputValue()).toBe('tan');
});

test('while the agent is away feedback is not lost: the text stays and goes when the agent is back', async () => {
  await openKiosk();
  await openFeedbackText(page);
  await page.getByRole('textbox').fill('Vòi nước tầng 2 bị rỉ');
  await page.getByRole('button', { name: 'Tiếp tục' }).click();
  await page.getByRole('button', { name: 'Bỏ qua, không ghi số' }).click();
  await stage.agentAway();
  await page.getByText('Máy chưa ghi nhận được').waitFor();
  await page.getByRole('button', { name: 'Gửi phản ánh' }).click();
  await page.getByRole('heading', { name: 'Chưa lưu được phản ánh' }).waitFor();
  await page.getByText('Vòi nước tầng 2 bị rỉ').waitFor();
  await stage.agentBack(enrolledStatus);
  await page.getByText('Đã kết nối').waitFor({ timeout: 15_000 });
  await page.getByRole('button', { name: 'Thử lại' }).click();
  await page.locator('.tracking-code').waitFor();
  expect(stage.agent().feedback.at(-1)?.text).toBe('Vòi nước tầng 2 bị rỉ');
});

test('a device without enrolment shows its code, counts down, and gets a new one when asked', async () => {
  const host = await stage.webHost();
  stage.agent().become({ enrolment: { ...waitingEnrolment(), expiresAtMs: Date.now() + 4_000 } as never });
  await page.goto(host.url);
  await page.getByText('7K3M-9QXP-2DTR-W8HN').waitFor();
  expect(await page.locator('.user-code').innerText()).toBe('BCD-FGH-JKX');
  await page.getByText('Mã đã hết hạn').waitFor();
  const before = stage.agent().restarts;
  await page.getByRole('button', { name: 'Lấy mã mới' }).click();
  await vi.waitFor(() => expect(stage.agent().restarts).toBe(before + 1));
  stage.agent().become({ enrolment: waitingEnrolment() });
  await page.locator('.user-code').waitFor();
  stage.agent().become(enrolledStatus);
  await page.locator('.home').waitFor();
});

test('a revoked device says that it sends nothing, and gets a new code when asked', async () => {
  const host = await stage.webHost();
  stage.agent().become({ enrolment: { state: 'revoked' }, brokerConnected: false });
  await page.goto(host.url);
  await page.getByText('Thiết bị đã bị thu hồi: không gửi dữ liệu').waitFor();
  const before = stage.agent().restarts;
  await page.getByRole('button', { name: 'Lấy mã mới' }).click();
  await vi.waitFor(() => expect(stage.agent().restarts).toBe(before + 1));
  stage.agent().become({ enrolment: waitingEnrolment() });
  await page.getByText('Chưa đăng ký: chưa gửi dữ liệu').waitFor();
});

test('who walks away is asked for 20 s, above an open dialog too, and then nothing of them is left', async () => {
  await page.clock.install();
  await openKiosk();
  await page.getByRole('button', { name: 'Tương phản' }).click();
  await openFeedbackText(page);
  await page.getByRole('textbox').fill('Tên tôi là bí mật');
  await page.locator('.home-button').click();
  await page.locator('.dialog').waitFor();
  await page.clock.runFor(60_500);
  await page.getByRole('alertdialog', { name: 'Bạn còn ở đó không?' }).waitFor();
  await expectAccessible(page, 'countdown');
  await page.screenshot({ path: `${screens}kiosk-portrait-kiosk-countdown.png`, animations: 'disabled' });
  await page.getByRole('button', { name: 'Tôi vẫn ở đây' }).click();
  await page.locator('.countdown').waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Viết tiếp' }).click();
  expect(await page.getByRole('textbox').inputValue()).toBe('Tên tôi là bí mật');
  await page.clock.runFor(60_500);
  await page.locator('.countdown').waitFor();
  const gone = page.waitForEvent('load');
  await page.clock.runFor(20_500);
  await gone;
  await page.locator('.home').waitFor();
  expect(await page.locator('html').getAttribute('data-contrast')).toBe('normal');
  await openFeedbackText(page);
  expect(await page.getByRole('textbox').inputValue()).toBe('');
  expect(await page.evaluate(() => localStorage.length + sessionStorage.length + document.cookie.length)).toBe(0);
});

test('a kiosk that nobody touched never counts down, however many pupils tap', async () => {
  await page.clock.install();
  await openKiosk();
  accept('a');
  await page.locator('.big-tap').waitFor();
  await page.clock.runFor(300_000);
  expect(await page.locator('.countdown').count()).toBe(0);
  await page.locator('.home').waitFor();
});

test('all of it can be done with a keyboard alone', async () => {
  await openKiosk();
  const press = async (name: RegExp): Promise<void> => {
    for (let tabs = 0; tabs < 80; tabs += 1) {
      await page.keyboard.press('Tab');
      const focused = await page.evaluate(() => document.activeElement?.textContent ?? '');
      if (name.test(focused)) return page.keyboard.press('Enter');
    }
    throw new Error(`${name} is not reached with Tab`);
  };
  await press(/^Phản ánh/);
  await press(/^Cơ sở vật chất/);
  await press(/^Tiếp tục/);
  await page.getByRole('textbox').waitFor();
  await page.keyboard.type('Hang rao bi hong');
  await press(/^Tiếp tục/);
  await press(/^Bỏ qua/);
  await press(/^Gửi phản ánh/);
  await page.locator('.tracking-code').waitFor();
});
