/** The kiosk in a real Electron: what only Electron can show. The walk through the screens is the same as in a browser. */
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { enrolledStatus } from '@tramhoc/kiosk-app/host/scripted-agent';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { findRuntime, type Kiosk, launchKiosk } from './kiosk-electron-runtime.ts';
import { type Stage, setStage, watchPage } from './kiosk-stage.ts';
import { endWalk, expectAccessible, expectVietnamese, openFeedbackText, stops, typeOnScreen } from './kiosk-walk.ts';
import { type Display, startDisplay } from './virtual-display.ts';

const runtime = findRuntime();
const why = runtime === undefined ? ' (skipped: ELECTRON_TEST_RUNTIME is not set and no Electron binary is installed)' : '';
const screens = fileURLToPath(new URL('./screens/', import.meta.url));

describe.skipIf(runtime === undefined)(`the kiosk in Electron${why}`, () => {
  let display: Display;
  let stage: Stage;
  let kiosk: Kiosk | undefined;
  const displayBefore = process.env['DISPLAY'];

  beforeAll(async () => {
    mkdirSync(screens, { recursive: true });
    display = await startDisplay({ width: 1080, height: 1920 });
    process.env['DISPLAY'] = display.name;
    stage = await setStage();
  });
  afterEach(async () => {
    await kiosk?.close();
    kiosk = undefined;
    stage.agent().become(enrolledStatus);
  });
  afterAll(async () => {
    await stage?.close();
    display?.stop();
    if (displayBefore === undefined) delete process.env['DISPLAY'];
    else process.env['DISPLAY'] = displayBefore;
  });

  async function start(idle?: { idleMs: number; countdownMs: number }): Promise<Kiosk> {
    const config = { agentSocket: stage.socketPath, ...(idle === undefined ? {} : { idle }) };
    kiosk = await launchKiosk(runtime!, { appFolder: stage.build.electronFolder, config });
    return kiosk;
  }
  /** The page of the window that is there now, after the one before was replaced. */
  const nextPage = (app: Kiosk['app'], before: Page): Promise<Page> =>
    vi.waitFor(
      async () => {
        const page = app.windows().find((one) => one !== before && !one.isClosed());
        expect(page).toBeDefined();
        await page!.locator('.home').waitFor({ timeout: 1_000 });
        return page!;
      },
      { timeout: 20_000 },
    );

  test('every screen opens, is accessible and Vietnamese, and writes nothing to the console', async () => {
    const { page } = await start();
    const watched = watchPage(page);
    for (const [at, stop] of stops.entries()) {
      await stop.go(page, stage);
      await expectAccessible(page, stop.name);
      await expectVietnamese(page, stop.name);
      await page.screenshot({
        path: `${screens}kiosk-electron-${String(at).padStart(2, '0')}-${stop.name.replaceAll(/[ ,]+/g, '-')}.png`,
        animations: 'disabled',
      });
    }
    await endWalk(page, stage);
    expect(watched.faults).toEqual([]);
  });

  test('the window fills the screen and is locked down', async () => {
    const { app, page } = await start();
    const found = await app.evaluate(({ BrowserWindow, Menu }) => {
      const [window] = BrowserWindow.getAllWindows();
      // biome-ignore lint/suspicious/noExplicitAny: getLastWebPreferences is not in the typings
      const preferences = (window!.webContents as any).getLastWebPreferences();
      window!.webContents.openDevTools();
      return { kiosk: window!.isKiosk(), menu: Menu.getApplicationMenu(), preferences, devTools: window!.webContents.isDevToolsOpened() };
    });
    expect(found.kiosk).toBe(true);
    expect(found.menu).toBeNull();
    expect(found.devTools).toBe(false);
    expect(found.preferences).toMatchObject({
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webviewTag: false,
    });
    expect(await page.evaluate(() => [innerWidth, innerHeight])).toEqual([1080, 1920]);
  });

  test('the page has no Node, no Electron, and a bridge of six named functions that it cannot change', async () => {
    const { page } = await start();
    const seen = await page.evaluate(() => {
      // biome-ignore lint/suspicious/noExplicitAny: what a hostile script would look for
      const all = globalThis as any;
      all.tramhoc.submitFeedback = 'replaced';
      return {
        node: [typeof all.require, typeof all.process, typeof all.module, typeof all.Buffer],
        bridge: Object.keys(all.tramhoc).sort(),
        kind: typeof all.tramhoc.submitFeedback,
      };
    });
    expect(seen.node).toEqual(['undefined', 'undefined', 'undefined', 'undefined']);
    expect(seen.bridge).toEqual(['alive', 'endSession', 'listen', 'printReceipt', 'restartEnrolment', 'submitFeedback', 'touched']);
    expect(seen.kind).toBe('function');
  });

  test('a call that the protocol does not know never reaches the agent', async () => {
    const { page } = await start();
    const before = stage.agent().feedback.length;
    const answer = await page.evaluate(() =>
      // biome-ignore lint/suspicious/noExplicitAny: a wrong call on purpose
      (globalThis as any).tramhoc.submitFeedback({ category: 'facilities', text: 'đủ dài để gửi', language: 'vi', extra: '<script>' }),
    );
    expect(answer).toMatchObject({ ok: false, code: 'INPUT_INVALID' });
    expect(stage.agent().feedback.length).toBe(before);
  });

  test('the page cannot leave, open a window, load from elsewhere, run text as code or use a device', async () => {
    const { app, page } = await start();
    const tried = await page.evaluate(async () => {
      const outcome = async (what: () => unknown): Promise<string> => {
        try {
          const value = await what();
          return value === null ? 'null' : typeof value;
        } catch (fault) {
          return (fault as Error).name;
        }
      };
      return {
        window: await outcome(() => open('https://example.org')),
        fetch: await outcome(() => fetch('https://example.org')),
        file: await outcome(() => fetch('file:///etc/passwd')),
        // In a task of the page itself: what a debugger evaluates is exempt from the policy.
        code: await new Promise((resolve) => setTimeout(() => resolve(outcome(() => new Function('return 1')())))),
        camera: await outcome(() => navigator.mediaDevices.getUserMedia({ video: true })),
        place: await new Promise((resolve) =>
          navigator.geolocation.getCurrentPosition(
            () => resolve('given'),
            (fault) => resolve(`refused ${fault.code}`),
          ),
        ),
        notice: await Notification.requestPermission(),
      };
    });
    expect(tried).toMatchObject({
      window: 'null',
      fetch: 'TypeError',
      file: 'TypeError',
      code: 'EvalError',
      place: 'refused 1',
      notice: 'denied',
    });
    expect(['NotAllowedError', 'NotFoundError']).toContain(tried.camera);
    await page.evaluate(() => {
      location.href = 'https://example.org/';
    });
    await page.evaluate(() => {
      const link = Object.assign(document.createElement('a'), { href: 'https://example.org/', target: '_blank', download: 'x' });
      document.body.append(link);
      link.click();
      link.remove();
    });
    // Playwright waits for the navigation that never comes; the page itself is asked instead.
    expect(await page.evaluate(() => document.querySelector('.home') !== null)).toBe(true);
    expect(page.url()).toBe('app://kiosk/');
    expect(app.windows().length).toBe(1);
  });

  test('a card is confirmed and "phanr anhs" arrives as "phản ánh"', async () => {
    const { page } = await start();
    stage.agent().say({ notice: 'tap.accepted', tapId: 'e1', slot: 'gate-reader', wallMs: Date.UTC(2026, 10, 23, 0, 5, 12) });
    stage.agent().say({ notice: 'tap.identified', tapId: 'e1', who: { result: 'known', name: 'Nguyễn Thị An', group: '10A1' } });
    await page.getByText('Lớp 10A1').waitFor();
    await page.locator('.home-button').click();
    await openFeedbackText(page);
    await typeOnScreen(page, 'phanr anhs');
    await page.getByRole('button', { name: 'Tiếp tục' }).click();
    await page.getByRole('button', { name: 'Bỏ qua' }).click();
    await page.getByRole('button', { name: 'Gửi phản ánh' }).click();
    await page.locator('.tracking-code').waitFor();
    expect(stage.agent().feedback.at(-1)).toEqual({ category: 'facilities', text: 'phản ánh', language: 'vi' });
  });

  test('who walks away is wiped: another window, another storage, nothing left', async () => {
    const { app, page } = await start({ idleMs: 2_000, countdownMs: 3_000 });
    await page.getByRole('button', { name: 'English' }).click();
    await page.evaluate(() => {
      localStorage.setItem('left', 'behind');
      // biome-ignore lint/suspicious/noDocumentCookie: as a careless page would
      document.cookie = 'left=behind';
    });
    await page.getByRole('alertdialog', { name: 'Are you still there?' }).waitFor();
    const fresh = await nextPage(app, page);
    await vi.waitFor(() => expect(page.isClosed()).toBe(true));
    expect(await fresh.locator('html').getAttribute('lang')).toBe('vi');
    expect(await fresh.evaluate(() => localStorage.length + document.cookie.length)).toBe(0);
    expect(await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length)).toBe(1);
  });

  test('a touch ends the countdown and the session goes on', async () => {
    const { page } = await start({ idleMs: 2_000, countdownMs: 10_000 });
    await page.getByRole('button', { name: 'English' }).click();
    await page.getByRole('button', { name: 'I am still here' }).click();
    await page.locator('.countdown').waitFor({ state: 'detached' });
    expect(await page.locator('html').getAttribute('lang')).toBe('en');
  });

  test('a page that crashes is back in seconds, and hears the agent again', async () => {
    const { app, page } = await start();
    const crashed = page.waitForEvent('crash');
    await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.webContents.forcefullyCrashRenderer());
    await crashed;
    const isBack = (): Promise<boolean> =>
      app.evaluate(({ BrowserWindow }) =>
        BrowserWindow.getAllWindows()[0]!.webContents.executeJavaScript("document.querySelector('.home') !== null"),
      );
    await vi.waitFor(async () => expect(await isBack()).toBe(true), { timeout: 15_000 });
    stage.agent().say({ notice: 'tap.repeated', slot: 'gate-reader' });
    const heard = (): Promise<boolean> =>
      app.evaluate(({ BrowserWindow }) =>
        BrowserWindow.getAllWindows()[0]!.webContents.executeJavaScript("document.querySelector('.big-tap') !== null"),
      );
    await vi.waitFor(async () => expect(await heard()).toBe(true), { timeout: 5_000 });
  });

  test('a page that hangs is found by its missing heartbeat and loaded again', async () => {
    const { app, page } = await start();
    await page.evaluate(() => {
      // biome-ignore lint/suspicious/noExplicitAny: a mark that a fresh page does not have
      (globalThis as any).old = true;
    });
    void page
      .evaluate(() => {
        for (;;);
      })
      .catch(() => undefined);
    const fresh = (): Promise<boolean> =>
      app.evaluate(({ BrowserWindow }) =>
        BrowserWindow.getAllWindows()[0]!.webContents.executeJavaScript(
          "globalThis.old === undefined && document.querySelector('.home') !== null",
        ),
      );
    await vi.waitFor(
      async () => expect(await Promise.race([fresh(), new Promise((resolve) => setTimeout(resolve, 1_000, false))])).toBe(true),
      { timeout: 40_000 },
    );
  });

  test('keys that leave a kiosk never reach the page, letters do', async () => {
    const { app, page } = await start();
    await page.evaluate(() => {
      // biome-ignore lint/suspicious/noExplicitAny: kept where the test finds it
      const all = globalThis as any;
      const seen: string[] = [];
      all.seen = seen;
      addEventListener('keydown', (event) => seen.push(event.key));
    });
    await app.evaluate(({ BrowserWindow }) => {
      const { webContents } = BrowserWindow.getAllWindows()[0]!;
      webContents.focus();
      for (const keyCode of ['F5', 'F11', 'F12']) webContents.sendInputEvent({ type: 'keyDown', keyCode });
      for (const keyCode of ['r', 'w', 'n', 'Tab']) webContents.sendInputEvent({ type: 'keyDown', keyCode, modifiers: ['control'] });
      webContents.sendInputEvent({ type: 'keyDown', keyCode: 'F4', modifiers: ['alt'] });
      webContents.sendInputEvent({ type: 'keyDown', keyCode: 'a' });
    });
    // biome-ignore lint/suspicious/noExplicitAny: as above
    await vi.waitFor(async () => expect(await page.evaluate(() => (globalThis as any).seen)).toContain('a'));
    // biome-ignore lint/suspicious/noExplicitAny: as above
    expect(await page.evaluate(() => (globalThis as any).seen)).toEqual(['a']);
    expect(await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().map((one) => one.isKiosk()))).toEqual([true]);
  });
});
