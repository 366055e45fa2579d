/** From a terminal that calls over a real port to events on a real disk, with the agent started anew in between. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@tramhoc/base/clock';
import { cardHash, desiredHash } from '@tramhoc/base/digest';
import { silentLog } from '@tramhoc/base/log';
import { systemRandom } from '@tramhoc/base/random';
import type { EnrolmentGrant } from '@tramhoc/protocol/enrolment';
import type { TramEvent } from '@tramhoc/protocol/event';
import { DeviceId, SiteId } from '@tramhoc/protocol/ids';
import type { AgentNotice } from '@tramhoc/protocol/local-link';
import { DesiredState } from '@tramhoc/protocol/twin';
import { expect, onTestFinished, test, vi } from 'vitest';
import { zktecoPush } from '../drivers/zkteco-push/driver.ts';
import { zktecoPushSimulator } from '../drivers/zkteco-push/simulator.ts';
import { openRecording, type Recording } from '../recording.ts';
import { simulate } from '../simulate.ts';
import { openLink } from '../transports/open-link.ts';

const clock = systemClock();
const cardKey = '22'.repeat(32);
const grant = {
  ...{ deviceId: DeviceId.parse('0b6f3f0e-8b1f-4a53-9d35-0a7b7f1f2c3d'), siteId: SiteId.parse('thpt-demo'), siteName: 'THPT' },
  ...{ enrolToken: '', brokerUrl: 'mqtts://localhost:8883', cardKey },
} as EnrolmentGrant;

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function record(dataDir: string, port: number, told: AgentNotice[]): Promise<Recording> {
  const recording = openRecording({
    ...{ dataDir, grant, facts: { agentVersion: '0.1.0', model: '', serial: '', os: '' }, drivers: [zktecoPush], openLink },
    ask: async () => ({ known: true, personId: 'HS1', name: 'Nguyễn An', group: '10A1' }) as never,
    tell: (notice) => told.push(notice),
    clockQuality: () => 'ntp',
    onChange: () => undefined,
    ...{ clock, random: systemRandom(), log: silentLog },
  });
  const desired = DesiredState.parse({
    drivers: { terminals: { kind: 'zkteco-push', config: { port: `http-in://127.0.0.1:${port}`, serials: '0316144680030' } } },
  });
  await recording.twin.start();
  recording.twin.desiredArrived(Buffer.from(JSON.stringify({ version: 1, hash: desiredHash(desired), desired })));
  await vi.waitFor(() => expect(recording.slots.list()[0]?.state).toBe('open'), { timeout: 5_000 });
  return recording;
}

const tapsIn = ({ outbox }: Recording): TramEvent[] =>
  outbox.queue
    .read({ afterPosition: 0, limit: 1_000, maxBytes: 1e7 })
    .map(({ body }) => JSON.parse(body) as TramEvent)
    .filter(({ type }) => type === 'vn.tramhoc.attendance.tap.v1');

test('punches of a terminal become taps of people, once, whoever is started anew and whatever is told again', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'tram-terminal-'));
  onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }));
  const port = await freePort();
  const told: AgentNotice[] = [];
  let recording = await record(dataDir, port, told);
  onTestFinished(async () => {
    await recording.twin.stop();
    recording.close();
  });
  // the same terminal twice: the second one has lost its mark and tells everything again
  const plugIn = () => simulate(zktecoPushSimulator, { call: `http://127.0.0.1:${port}` }, { clock, random: systemRandom() });
  const terminal = await plugIn();
  for (const pin of ['1023', '001024']) terminal.device.punch(pin);
  await vi.waitFor(() => expect(terminal.device.unsentCount()).toBe(0), { timeout: 5_000 });
  expect(tapsIn(recording).map(({ data }) => data['cardHash'])).toEqual(
    ['PIN:1023', 'PIN:1024'].map((number) => cardHash({ cardKey, number })),
  );
  await vi.waitFor(() => expect(told.filter(({ notice }) => notice === 'tap.identified')).toHaveLength(2), { timeout: 5_000 });
  const sameTime = vi.spyOn(clock, 'wallMs');
  const before = tapsIn(recording);
  await terminal.close();
  await recording.twin.stop();
  recording.close();

  recording = await record(dataDir, port, told);
  const [first] = before;
  const punchedMs = Date.parse(String((first!.data['terminal'] as { time: string }).time));
  sameTime.mockReturnValue(punchedMs);
  const again = await plugIn();
  onTestFinished(again.close);
  again.device.punch('1023');
  sameTime.mockRestore();
  again.device.punch('1025');
  await vi.waitFor(() => expect(again.device.unsentCount()).toBe(0), { timeout: 5_000 });
  expect(
    tapsIn(recording)
      .map(({ id }) => id)
      .slice(0, 2),
  ).toEqual(before.map(({ id }) => id));
  expect(
    tapsIn(recording)
      .map(({ data }) => data['cardHash'])
      .slice(2),
  ).toEqual([cardHash({ cardKey, number: 'PIN:1025' })]);
}, 30_000);
