/**
 * The kiosk in Electron. It owns windows, the wipe and the recovery of a dead page; hardware and data are the agent's.
 * Config: a JSON file named by TRAMHOC_KIOSK_CONFIG or `--config=<file>`. KIOSK_SANDBOX=0 leaves out app.enableSandbox(), which root cannot use.
 */
import './old-node.main.ts';
import './zod-without-eval.ts';
import { realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { argv, env } from 'node:process';
import { systemClock } from '@tramhoc/base/clock';
import { readConfig } from '@tramhoc/base/config';
import { createLog } from '@tramhoc/base/log';
import { systemRandom } from '@tramhoc/base/random';
import { isTramError } from '@tramhoc/protocol/errors';
import { app } from 'electron';
import { z } from 'zod';
import { publicIdleLimits } from '../session/idle-machine.ts';
import { connectAgent } from './agent-client.ts';
import { serveBridge } from './bridge-ipc.main.ts';
import { type Guest, type GuestConfig, openGuest } from './guest.main.ts';
import { lockBeforeReady } from './lockdown.main.ts';
import { afterCrash, type Crashes } from './recovery-machine.ts';

const Config = z.strictObject({
  /** Unix socket (or named pipe) of the agent. */
  agentSocket: z.string().min(1),
  /** Full screen without a way out; false for a window on a desk. */
  kiosk: z.boolean().default(true),
  /** The built page; beside the app when left out. */
  distFolder: z.string().min(1).optional(),
  idle: z.strictObject({ idleMs: z.int().min(1_000), countdownMs: z.int().min(1_000) }).default(publicIdleLimits),
});
type Config = z.infer<typeof Config>;

const log = createLog({ part: 'kiosk-electron' });
const clock = systemClock();
const random = systemRandom();

try {
  const file = env['TRAMHOC_KIOSK_CONFIG'] ?? argv.find((arg) => arg.startsWith('--config='))?.slice('--config='.length) ?? 'kiosk.json';
  const config = readConfig(resolve(file), Config);
  lockBeforeReady({ sandboxAll: env['KIOSK_SANDBOX'] !== '0', log });
  void app.whenReady().then(() => start(config));
} catch (err) {
  log.error({ err, code: isTramError(err) ? err.code : undefined }, 'the kiosk cannot start');
  app.exit(1);
}

function start(config: Config): void {
  const guestConfig = guestConfigOf(config);
  const agent = connectAgent({ socketPath: config.agentSocket }, { clock, random, log });
  let guests = 0;
  let current: Guest | undefined;
  /** Guests whose window is still up because the next one is not drawn yet. */
  let leaving: Guest[] = [];
  let crashes: Crashes = [];
  let stopListening: (() => void) | undefined;

  const nextGuest = (): void => {
    if (current !== undefined) leaving.push(current);
    stopListening?.();
    stopListening = undefined;
    guests += 1;
    const number = guests;
    const guest = openGuest(number, guestConfig, {
      clock,
      random,
      log,
      onWipe: () => number === guests && onWipe(),
      onDead: (reason) => number === guests && onDead(reason),
    });
    current = guest;
    // The new window covers the old one before that goes, so that nobody sees the desktop.
    guest.window.once('show', () => {
      for (const one of leaving.filter((other) => other !== guest)) one.end();
      leaving = leaving.filter((other) => other === guest);
    });
  };
  const onWipe = (): void => {
    log.info({ guest: guests }, 'session ended; window and storage are destroyed');
    nextGuest();
  };
  const onDead = (reason: string): void => {
    const after = afterCrash(crashes, clock.monotonicMs());
    crashes = after.crashes;
    log.error({ reason, step: after.step, crashCount: crashes.length }, 'the page died');
    switch (after.step) {
      case 'reload':
        current?.reload();
        break;
      case 'new-window':
        nextGuest();
        break;
      case 'relaunch':
        app.relaunch();
        app.exit(0);
        break;
      default:
        after.step satisfies never;
    }
  };
  serveBridge({
    agent,
    log,
    current: () => current?.window.webContents,
    onSignal(signal) {
      if (signal !== 'listen') {
        current?.hear(signal);
        return;
      }
      stopListening?.();
      const guest = current;
      stopListening = agent.listen((news) => guest?.tell(news));
    },
  });
  nextGuest();
}

/** The app may be linked into a runtime's resources folder; its neighbours are found beside the real one. */
function guestConfigOf({ distFolder, kiosk, idle }: Config): GuestConfig {
  const appFolder = realpathSync(app.getAppPath());
  return { distFolder: distFolder ?? join(appFolder, '../page'), preload: join(appFolder, 'preload.cjs'), kiosk, idle };
}
