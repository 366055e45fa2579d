/** One guest: a window with storage of its own in memory, an idle timer, a heartbeat. Ending a guest destroys all of it. */
import { type Clock, every } from '@tramhoc/base/clock';
import type { Log } from '@tramhoc/base/log';
import type { Random } from '@tramhoc/base/random';
import { BrowserWindow, type Session, session as sessions, type WebContents } from 'electron';
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
  const window = makeWindow(config, session);
  const { webContents } = window;
  let ended = false;
  const tell = (news: BridgeNews): void => {
    if (!ended && !webContents.isDestroyed()) webContents.send(newsChannel, news);
  };
  const newTimer = (): IdleTimer =>
    startIdleTimer({
      limits: config.idle,
      clock,
      onCountdown: (seconds) => tell(seconds === undefined ? { news: 'countdown' } : { news: 'countdown', seconds }),
      onWipe,
    });
  let idle = newTimer();
  const life = watchLife(webContents, { clock, onDead: (reason) => !ended && onDead(reason) });
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
          life.beat();
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
      life.stop();
      window.destroy();
      void session.closeAllConnections();
      void session.clearStorageData();
      void session.clearCache();
    },
  };
}

function makeWindow(config: GuestConfig, session: Session): BrowserWindow {
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
  window.once('ready-to-show', () => window.show());
  return window;
}

/** Says when the page died: crashed, was killed, could not be loaded, or hangs (then it is killed first). */
function watchLife(
  webContents: WebContents,
  { clock, onDead }: { clock: Clock; onDead(reason: string): void },
): { beat(): void; stop(): void } {
  let aliveAtMs: number | undefined;
  const dead = (reason: string): void => {
    aliveAtMs = undefined;
    onDead(reason);
  };
  webContents.on('render-process-gone', (_event, { reason }) => dead(reason));
  webContents.on('did-fail-load', (_event, code, description, _url, isMainFrame) => {
    // -3 is a load that another one replaced.
    if (isMainFrame && code !== -3) dead(`load failed: ${description}`);
  });
  const beat = (): void => {
    aliveAtMs = clock.monotonicMs();
  };
  webContents.on('did-finish-load', () => {
    beat();
    void webContents.setVisualZoomLevelLimits(1, 1);
  });
  const look = every(clock, lookEveryMs, () => {
    if (aliveAtMs !== undefined && clock.monotonicMs() - aliveAtMs > silentMs) webContents.forcefullyCrashRenderer();
  });
  return { beat, stop: () => look.cancel() };
}
