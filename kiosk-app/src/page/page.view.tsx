/** Start of the page: finds its host, draws the kiosk. */
import '../host/zod-without-eval.ts';
import { createRoot } from 'react-dom/client';
import type { Bridge } from '../host/bridge.ts';
import { createWebBridge } from '../host/web-bridge.ts';
import { browserClock, type PageClock } from '../ui/page-clock.ts';
import { Kiosk } from './kiosk.view.tsx';

const clock = browserClock();
const bridge = findBridge(clock);
addEventListener('contextmenu', (event) => event.preventDefault());
addEventListener('dragover', (event) => event.preventDefault());
addEventListener('drop', (event) => event.preventDefault());
createRoot(document.getElementById('kiosk')!).render(<Kiosk bridge={bridge} clock={clock} />);

/** Electron's preload has put a bridge here, or the web host has written how to reach it into the page. */
function findBridge(pageClock: PageClock): Bridge {
  const ofElectron = (globalThis as { tramhoc?: Bridge }).tramhoc;
  if (ofElectron !== undefined) return ofElectron;
  const boot = document.querySelector<HTMLMetaElement>('meta[name="tramhoc-boot"]')?.content ?? '{}';
  const {
    token = '',
    idleMs = 60_000,
    countdownMs = 20_000,
  } = JSON.parse(boot) as { token?: string; idleMs?: number; countdownMs?: number };
  return createWebBridge(
    { socketUrl: `ws://${location.host}/bridge`, protocols: ['tramhoc-bridge-1', `token.${token}`], idle: { idleMs, countdownMs } },
    { clock: pageClock, wipe: () => location.reload() },
  );
}
