/** A kiosk to look at: the built page, a scripted agent on a real socket, and the web host between them, in a folder that goes away. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@tramhoc/base/clock';
import { silentLog } from '@tramhoc/base/log';
import { systemRandom } from '@tramhoc/base/random';
import { type ScriptedAgent, startScriptedAgent } from '@tramhoc/kiosk-app/host/scripted-agent';
import { startWebHost, type WebHost } from '@tramhoc/kiosk-app/host/web-host';
import type { AgentStatus } from '@tramhoc/protocol/local-link';
import type { Browser, Page } from 'playwright-core';
import { chromium } from 'playwright-core';
import { buildKiosk, type KioskBuild } from '../../kiosk-app/build.ts';

export type Stage = {
  folder: string;
  socketPath: string;
  build: KioskBuild;
  agent(): ScriptedAgent;
  /** Stops the agent, or starts it again with this status. */
  agentAway(): Promise<void>;
  agentBack(status?: AgentStatus): Promise<void>;
  webHost(idle?: { idleMs: number; countdownMs: number }): Promise<WebHost>;
  close(): Promise<void>;
};

export async function setStage(status?: AgentStatus): Promise<Stage> {
  const build = await buildKiosk();
  const folder = mkdtempSync(join(tmpdir(), 'tramhoc-kiosk-e2e-'));
  const socketPath = join(folder, 'agent.sock');
  const hosts: WebHost[] = [];
  const start = (as?: AgentStatus): Promise<ScriptedAgent> =>
    startScriptedAgent({ socketPath, now: () => Date.now(), ...(as === undefined ? {} : { status: as }) });
  let agent = await start(status);
  let away = false;
  return {
    folder,
    socketPath,
    build,
    agent: () => agent,
    async agentAway() {
      away = true;
      await agent.stop();
    },
    async agentBack(as) {
      if (!away) await agent.stop();
      agent = await start(as);
      away = false;
    },
    async webHost(idle) {
      const config = {
        agentSocket: socketPath,
        host: '127.0.0.1',
        port: 0,
        distFolder: build.pageFolder,
        ...(idle === undefined ? {} : { idle }),
      };
      const host = await startWebHost(config, { clock: systemClock(), random: systemRandom(), log: silentLog });
      hosts.push(host);
      return host;
    },
    async close() {
      for (const host of hosts) await host.close();
      if (!away) await agent.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Debian's Chromium, without its talk to the outside. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
    ],
  });
}

/** What a page must never do: write errors to its console, throw, or ask anybody but its host. Read `faults` at the end. */
export function watchPage(page: Page): { faults: string[] } {
  const faults: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') faults.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => faults.push(`error: ${error.message}`));
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (url.hostname !== '127.0.0.1' && url.protocol !== 'app:') faults.push(`request: ${request.url()}`);
  });
  return { faults };
}
