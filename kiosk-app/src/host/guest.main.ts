/** One guest: a window with storage of its own in memory, an idle timer, a heartbeat. Ending a guest destroys all of it. */
import { type Clock, every } from '@tramhoc/base/clock';
import type { Log } from '@tramhoc/base/log';
import type { Random } from '@tramhoc/base/random';
import { BrowserWindow, session as sessions } from 'electron';
import type { IdleLimits } from '../session/idle-machine.ts';
import { type IdleTimer, startIdleTimer } from '../session/idle-timer.ts';
import type { BridgeNews, BridgeSignal } from './bridge.ts';
import { newsChannel } from './ipc-channels.ts';
import { lockSession, pageUrl } from './lockdown.main.ts';

export type GuestConfig = { distFolder: string; preload: string; kiosk: boolean; idle: IdleLimits };
export type Guest = {
  window: BrowserWindow;
  tell(news: BridgeNews): void;
  hear(signal: Exclude<BridgeSignal, 'listen'>): void;
  /** Loads the page anew in the same window. */
  reload(): void;
  /** Destroys window and storage. */
  end(): void;
};

/** Five heartbeats missed. Chromium itself notices a hung page only after an input, 15 s later. */
const silentMs = 10_000;
const lookEveryMs = 2_000;

export function openGuest(
  number: number,
  config: GuestConfig,
  { clock, random, log, onWipe, onDead }: { clock: Clock; random: Random; log: Log; onWipe(): void; onDead(reason: string): void },
): Guest {
  // No `persist:` before the name: the storage is in memory and goes with the window.
  const session = sessions.fromPartition(`guest-${number}`, { cache: false });
  lockSession(session, { distFolder: config.distFolder, random, log });
  const window = new BrowserWindow({
    show: false,
    kiosk: config.kiosk,
    width: 1080,
    height: 1920,
    frame: !config.kiosk,
    autoHideMenuBar: true,
    backgroundColor: '#faf5ea',
    title: 'Trạm học',
    webPreferences: {
      preload: config.preload,
      session,
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webviewTag: false,
      devTools: false,
      spellcheck: false,
      disableDialogs: true,
      safeDialogs: true,
      navigateOnDragDrop: false,
      backgroundThrottling: false,
    },
  });
  const { webContents } = window;
  let aliveAtMs: number | undefined;
  let ended = false;
  const newTimer = (): IdleTimer =>
    startIdleTimer({
      limits: config.idle,
      clock,
      onCountdown: (seconds) => tell(seconds === undefined ? { news: 'countdown' } : { news: 'countdown', seconds }),
      onWipe,
    });
  const tell = (news: BridgeNews): void => {
    if (!ended && !webContents.isDestroyed()) webContents.send(newsChannel, news);
  };
  let idle = newTimer();
  const dead = (reason: string): void => {
    if (ended) return;
    aliveAtMs = undefined;
    onDead(reason);
  };
  webContents.on('render-process-gone', (_event, { reason }) => dead(reason));
  webContents.on('did-fail-load', (_event, code, description, _url, isMainFrame) => {
    // -3 is a load that another one replaced.
    if (isMainFrame && code !== -3) dead(`load failed: ${description}`);
  });
  webContents.on('did-finish-load', () => {
    aliveAtMs = clock.monotonicMs();
    void webContents.setVisualZoomLevelLimits(1, 1);
  });
  window.once('ready-to-show', () => window.show());
  const heartbeat = every(clock, lookEveryMs, () => {
    if (aliveAtMs !== undefined && clock.monotonicMs() - aliveAtMs > silentMs) webContents.forcefullyCrashRenderer();
  });
  const load = (): void => {
    // A failed load is heard as did-fail-load.
    void webContents.loadURL(pageUrl).catch(() => undefined);
  };
  load();
  return {
    window,
    tell,
    hear(signal) {
      switch (signal) {
        case 'touched':
          idle.input();
          break;
        case 'end':
          idle.end();
          break;
        case 'alive':
          aliveAtMs = clock.monotonicMs();
          break;
        default:
          signal satisfies never;
      }
    },
    reload() {
      idle.stop();
      idle = newTimer();
      load();
    },
    end() {
      ended = true;
      idle.stop();
      heartbeat.cancel();
      window.destroy();
      void session.closeAllConnections();
      void session.clearStorageData();
      void session.clearCache();
    },
  };
}
