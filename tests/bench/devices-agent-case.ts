/** The agent as a program on a kiosk: what it takes when nothing happens, how soon it speaks, and what eight busy devices cost. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@tramhoc/base/clock';
import { writeFileAtomic } from '@tramhoc/base/config';
import { desiredHash } from '@tramhoc/base/digest';
import { saveIdentity } from '@tramhoc/base/identity';
import { silentLog } from '@tramhoc/base/log';
import { startTestSite, type TestSite, testSiteId } from '@tramhoc/broker/testing/test-site';
import { nodeFlagsOf } from '../../scripts/tramhoc-commands.ts';
import { type BusyDevices, busyDevices, framesPerSecond, slotCount } from './busy-devices.ts';
import { type Running, startServer } from './child.ts';
import { median } from './median.ts';
import { type Case, type Row, times } from './table.ts';

const agentMain = join(import.meta.dirname, '..', '..', 'device-agent', 'src', 'main.ts');
/** As `tramhoc agent start` starts it. */
const agentFlags = nodeFlagsOf('device-agent/src/main.ts');
const settleMs = 10_000;
const measureMs = 60_000;
/** What issue and budget ask for. */
const most = { idleMb: 100, busyMb: 120, idleCpuPct: 1, busyCpuPct: 5, firstPublishMs: 1_000 };

export const devicesAgentCase: Case = {
  name: 'devices-agent',
  about: `One agent process on a real site broker (TLS, fsync). Busy: ${slotCount} devices, two on pseudo-terminals and six on TCP, ${framesPerSecond} frames a second each. Memory is resident, processor time is of one core, over ${measureMs / 1_000} s; the ratio is to what is allowed.`,
  async run(print) {
    const site = await startTestSite({ log: silentLog });
    const devices = await busyDevices();
    try {
      const starts: { first: number; later: number }[] = [];
      for (let run = 0; run < 3; run += 1) starts.push(await firstPublishMs(site, devices));
      print(`start to first publish: ${starts.map(({ first, later }) => `${first.toFixed(0)}, then ${later.toFixed(0)}`).join('; ')} ms`);
      const idle = await watched(site, devices, { busy: false });
      print(`idle: ${JSON.stringify(idle)}`);
      const busy = await watched(site, devices, { busy: true });
      print(`busy: ${JSON.stringify(busy)}`);
      const row = (what: string, value: number, unit: string, allowed: number): Row => ({
        what,
        figure: `${value.toFixed(value < 10 ? 2 : 0)} ${unit}`,
        against: `at most ${allowed} ${unit}`,
        ratio: times(value / allowed),
      });
      return [
        row('start to the first event stored by the broker', median(starts.map(({ later }) => later)), 'ms', most.firstPublishMs),
        row('the same, the very first start of a version', median(starts.map(({ first }) => first)), 'ms', most.firstPublishMs),
        row(`${slotCount} slots open, devices silent: memory`, idle.rssMb, 'MB', most.idleMb),
        row(`${slotCount} slots open, devices silent: processor`, idle.cpuPct, '%', most.idleCpuPct),
        row(`${slotCount} busy slots: memory`, busy.rssMb, 'MB', most.busyMb),
        row(`${slotCount} busy slots: processor`, busy.cpuPct, '%', most.busyCpuPct),
      ];
    } finally {
      await devices.close();
      await site.close();
    }
  },
};

type Computer = { start(): Promise<Running>; remove(): void };

/** The disk of a device that was enrolled yesterday. */
function computer(site: TestSite, { drivers }: { drivers: object }): Computer {
  const folder = mkdtempSync(join(tmpdir(), 'tramhoc-bench-agent-'));
  const dataDir = join(folder, 'data');
  const device = site.device();
  saveIdentity(join(dataDir, 'identity'), device.identity);
  const grant = {
    ...{ deviceId: device.owner.deviceId, siteId: testSiteId, siteName: 'Trường thử', enrolToken: 't'.repeat(43) },
    ...{ cardKey: '0b'.repeat(32), brokerUrl: `mqtts://127.0.0.1:${site.broker.mqttPort}` },
  };
  writeFileAtomic(join(dataDir, 'identity', 'grant.json'), JSON.stringify(grant), { mode: 0o600 });
  const desired = { drivers } as never;
  const document = { version: 1, hash: desiredHash(desired), desired };
  writeFileAtomic(join(dataDir, 'twin.json'), JSON.stringify({ document, running: {} }));
  const caFile = join(folder, 'root.pem');
  writeFileSync(caFile, site.ca.rootPem);
  const configPath = join(folder, 'agent.json');
  const config = { dataDir, name: 'Cổng', centre: { url: 'https://127.0.0.1:9', caFile }, localLink: { path: join(folder, 'a.sock') } };
  writeFileSync(configPath, JSON.stringify({ ...config, logLevel: 'warn' }));
  return {
    start: () => startServer([...agentFlags, agentMain, '--config', configPath], { NODE_COMPILE_CACHE: join(dataDir, 'compiled') }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** The second start on one disk counts: what was compiled at the first is there, as on every day but the first. */
async function firstPublishMs(site: TestSite, devices: BusyDevices): Promise<{ first: number; later: number }> {
  devices.speak(false);
  const disk = computer(site, devices);
  const timed = async (): Promise<number> => {
    const before = await storedEvents(site);
    const startMs = performance.now();
    const agent = await disk.start();
    while ((await storedEvents(site)) === before) await systemClock().sleep(5);
    const ms = performance.now() - startMs;
    await agent.stop();
    return ms;
  };
  const [first, later] = [await timed(), await timed()];
  disk.remove();
  return { first, later };
}

const storedEvents = (site: TestSite): Promise<number> => site.metric('events_admitted_total');

async function watched(site: TestSite, devices: BusyDevices, { busy }: { busy: boolean }): Promise<{ rssMb: number; cpuPct: number }> {
  devices.speak(busy);
  const disk = computer(site, devices);
  await (await disk.start()).stop();
  const agent = await disk.start();
  const clock = systemClock();
  await clock.sleep(settleMs);
  if (devices.openCount() < slotCount) throw new Error(`only ${devices.openCount()} of ${slotCount} devices are connected`);
  const [cpuBefore, fromMs] = [agent.cpuSeconds(), performance.now()];
  let rssBytes = 0;
  while (performance.now() - fromMs < measureMs) {
    await clock.sleep(1_000);
    rssBytes = Math.max(rssBytes, agent.rssBytes());
  }
  const cpuPct = ((agent.cpuSeconds() - cpuBefore) / ((performance.now() - fromMs) / 1_000)) * 100;
  await agent.stop();
  disk.remove();
  return { rssMb: rssBytes / 1024 ** 2, cpuPct };
}
