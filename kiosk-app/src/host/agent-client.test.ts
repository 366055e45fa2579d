import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@tramhoc/base/clock';
import { fakeClock } from '@tramhoc/base/fake-clock';
import { silentLog } from '@tramhoc/base/log';
import { seededRandom } from '@tramhoc/base/random';
import { isTramError } from '@tramhoc/protocol/errors';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type AgentClient, answerCall, connectAgent } from './agent-client.ts';
import type { BridgeNews } from './bridge.ts';
import { startScriptedAgent } from './scripted-agent.ts';

let folder: string;
let socketPath: string;
const closing: (() => void | Promise<void>)[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tramhoc-kiosk-'));
  socketPath = join(folder, 'agent.sock');
});
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
  rmSync(folder, { recursive: true });
});

function client(clock = systemClock()): { agent: AgentClient; news: BridgeNews[] } {
  const agent = connectAgent({ socketPath }, { clock, random: seededRandom(1), log: silentLog });
  const news: BridgeNews[] = [];
  agent.listen((one) => news.push(one));
  closing.push(() => agent.close());
  return { agent, news };
}
const feedback = { category: 'facilities', text: 'Quạt phòng 10A1 hỏng', language: 'vi' } as const;
const connected = (news: BridgeNews[]) => vi.waitFor(() => expect(news).toContainEqual({ news: 'agent', connected: true }));

test('the page hears the status of the agent, and a later page hears it at once', async () => {
  const server = await startScriptedAgent({ socketPath });
  closing.push(() => server.stop());
  const { agent, news } = client();
  await vi.waitFor(() =>
    expect(news.at(-1)).toMatchObject({ news: 'notice', notice: { status: { siteName: 'THPT Nguyễn Thượng Hiền' } } }),
  );
  const later: BridgeNews[] = [];
  agent.listen((one) => later.push(one));
  expect(later.map((one) => one.news)).toEqual(['agent', 'notice']);
});

test('feedback reaches the agent and comes back with its tracking code', async () => {
  const server = await startScriptedAgent({ socketPath });
  closing.push(() => server.stop());
  const { agent, news } = client();
  await connected(news);
  expect(await agent.call('feedback.submit', feedback)).toEqual({ trackingCode: expect.stringMatching(/^PA-/) });
  expect(server.feedback).toEqual([feedback]);
});

test('while the agent is away a call is refused at once, and it works again when the agent is back', async () => {
  const { agent, news } = client();
  const refused = await agent.call('feedback.submit', feedback).catch((fault: unknown) => fault);
  expect(isTramError(refused, 'LOCAL_LINK_UNAVAILABLE')).toBe(true);
  const server = await startScriptedAgent({ socketPath });
  closing.push(() => server.stop());
  await connected(news);
  await agent.call('feedback.submit', feedback);
  expect(server.feedback.length).toBe(1);
});

test('an agent that restarts is found again and the page hears both', async () => {
  const first = await startScriptedAgent({ socketPath });
  const { news } = client();
  await connected(news);
  await first.stop();
  await vi.waitFor(() => expect(news.at(-1)).toEqual({ news: 'agent', connected: false }));
  const second = await startScriptedAgent({ socketPath });
  closing.push(() => second.stop());
  await vi.waitFor(() => expect(news.filter((one) => one.news === 'agent' && one.connected).length).toBe(2), { timeout: 8_000 });
});

test('a refusal of the agent reaches the page with the code of the agent', async () => {
  const server = await startScriptedAgent({ socketPath });
  closing.push(() => server.stop());
  server.refuseFeedback('DISK_FULL');
  const { agent, news } = client();
  await connected(news);
  expect(await answerCall(agent, { call: 'submitFeedback', params: feedback })).toMatchObject({ ok: false, code: 'DISK_FULL' });
});

test('an agent that does not answer is given up after 6 s, not waited for', async () => {
  const server = await startScriptedAgent({ socketPath });
  closing.push(() => server.stop());
  server.refuseFeedback('silent');
  const clock = fakeClock();
  const { agent, news } = client(clock);
  await connected(news);
  const answer = answerCall(agent, { call: 'submitFeedback', params: feedback });
  await clock.advance(6_100);
  expect(await answer).toMatchObject({ ok: false, code: 'REQUEST_TIMEOUT' });
});

test('noise on the link is left out, a line without end is cut off, and the screens go on', async () => {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.write('{"notice":"nobody knows this"}\nnot json\n{"notice":"tap.repeated","slot":"ga');
  });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  closing.push(() => new Promise((resolve) => server.close(() => resolve())));
  const { news } = client();
  await vi.waitFor(() => expect(sockets.length).toBe(1));
  sockets[0]!.write('te-reader"}\n');
  await vi.waitFor(() => expect(news.at(-1)).toEqual({ news: 'notice', notice: { notice: 'tap.repeated', slot: 'gate-reader' } }));
  sockets[0]!.write('x'.repeat(70_000));
  await vi.waitFor(() => expect(news.at(-1)).toEqual({ news: 'agent', connected: false }));
});
