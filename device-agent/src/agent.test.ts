import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Duplex, duplexPair } from 'node:stream';
import { systemClock } from '@tramhoc/base/clock';
import { writeFileAtomic } from '@tramhoc/base/config';
import { desiredHash } from '@tramhoc/base/digest';
import { newKey, saveIdentity } from '@tramhoc/base/identity';
import { silentLog } from '@tramhoc/base/log';
import type { LinkMessage, LinkState, MqttLink, MqttLinkOptions } from '@tramhoc/base/mqtt-link';
import { systemRandom } from '@tramhoc/base/random';
import { TramError } from '@tramhoc/protocol/errors';
import { checkEvent, type TramEvent } from '@tramhoc/protocol/event';
import type { AgentStatus } from '@tramhoc/protocol/local-link';
import { afterEach, expect, test } from 'vitest';
import { type Agent, type AgentDeps, startAgent } from './agent.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const deviceId = '11111111-1111-4111-8111-111111111111';
const prefix = `tram/1/thpt-demo/${deviceId}`;
const desired = { drivers: { gate: { kind: 'rdm6300', config: { port: 'tcp://127.0.0.1:4001' } } } } as never;

/** A computer that was enrolled some time ago, with or without a document on disk. */
function enrolledFolder({ withTwin = true } = {}): string {
  const dataDir = mkdtempSync(join(tmpdir(), 'agent-'));
  ends.push(() => rmSync(dataDir, { recursive: true }));
  const grant = {
    deviceId,
    siteId: 'thpt-demo',
    siteName: 'Trường demo',
    enrolToken: 't'.repeat(43),
    brokerUrl: 'mqtts://127.0.0.1:1',
    cardKey: '0a'.repeat(32),
  };
  const folder = join(dataDir, 'identity');
  saveIdentity(folder, { keyPem: newKey().keyPem, certificatePem: '', chainPem: '', caPem: '', notAfterMs: systemClock().wallMs() + 1e10 });
  writeFileAtomic(join(folder, 'grant.json'), JSON.stringify(grant), { mode: 0o600 });
  if (withTwin)
    writeFileAtomic(
      join(dataDir, 'twin.json'),
      JSON.stringify({ document: { version: 3, hash: desiredHash(desired), desired }, running: {} }),
    );
  return dataDir;
}

/** The broker's end of the link where the wire does not matter: what was published, and the levers a test pulls. */
function brokerStandIn() {
  const published: { topic: string; payload: string; retain: boolean }[] = [];
  const subscriptions: { filter: string; onMessage(message: LinkMessage): void }[] = [];
  let state: ((state: LinkState) => void) | undefined;
  let connected = false;
  const openMqtt = (options: MqttLinkOptions): MqttLink => {
    state = options.onState;
    return {
      get connected() {
        return connected;
      },
      async publish(topic, payload, { retain = false } = {}) {
        if (!connected) throw new TramError('LINK_CLOSED', 'not connected');
        published.push({ topic, payload: payload.toString(), retain });
      },
      async subscribe(filter, onMessage) {
        subscriptions.push({ filter, onMessage });
      },
      async close() {
        connected = false;
      },
    };
  };
  const become = (next: LinkState): void => {
    connected = next.connected;
    state?.(next);
  };
  return {
    published,
    openMqtt,
    become,
    send(topic: string, payload: object) {
      for (const { filter, onMessage } of subscriptions)
        if (filter === topic) onMessage({ topic, payload: Buffer.from(JSON.stringify(payload)), retained: true });
    },
    events: (): TramEvent[] =>
      published
        .filter(({ topic }) => topic === `${prefix}/events`)
        .flatMap(({ payload }) => JSON.parse(payload) as unknown[])
        .map((input) => {
          const check = checkEvent(input);
          if (!check.ok) throw new Error(check.reason);
          return check.event;
        }),
  };
}

async function start(
  dataDir: string,
  more: Partial<AgentDeps> = {},
): Promise<{ agent: Agent; readers: Duplex[]; config: Parameters<typeof startAgent>[0] }> {
  const readers: Duplex[] = [];
  const caFolder = mkdtempSync(join(tmpdir(), 'root-'));
  ends.push(() => rmSync(caFolder, { recursive: true }));
  const caFile = join(caFolder, 'root.pem');
  writeFileSync(caFile, '');
  const config = {
    dataDir,
    name: 'Kiosk sảnh',
    centre: { url: 'https://127.0.0.1:1', caFile },
    localLink: { path: join(dataDir, 'agent.sock') },
  };
  const agent = await startAgent(config, {
    clock: systemClock(),
    random: systemRandom(),
    log: silentLog,
    openLink: async () => {
      const [near, far] = duplexPair();
      far.on('error', () => undefined);
      readers.push(far);
      return near;
    },
    ...more,
  });
  ends.push(() => agent.close());
  return { agent, readers, config };
}
const until = (agent: Agent, holds: (status: AgentStatus) => boolean) =>
  expect.poll(() => holds(agent.status()), { timeout: 10_000 }).toBe(true);
/** Recorded: Tasmota, xsns_51_rdm6300.ino. */
const recordedTap = Buffer.from('0231343030384543373933434503', 'hex');

test('without broker and centre an enrolled device opens its slots and takes taps; all of it arrives when the broker is there', async () => {
  const broker = brokerStandIn();
  const { agent, readers } = await start(enrolledFolder(), { openMqtt: broker.openMqtt });
  await until(agent, ({ slots }) => slots[0]?.state === 'open');
  expect(agent.status()).toMatchObject({ enrolment: { state: 'enrolled', deviceId }, siteName: 'Trường demo', brokerConnected: false });
  const before = agent.status().pendingEvents;
  readers[0]!.write(recordedTap);
  await until(agent, ({ pendingEvents }) => pendingEvents === before + 1);
  broker.become({ connected: true });
  await until(agent, ({ pendingEvents }) => pendingEvents === 0);
  const events = broker.events();
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, at) => at + 1));
  expect(new Set(events.map(({ type }) => type))).toEqual(
    new Set([
      'vn.tramhoc.device.hello.v1',
      'vn.tramhoc.device.driver.v1',
      'vn.tramhoc.device.slot.v1',
      'vn.tramhoc.twin.reported.v1',
      'vn.tramhoc.attendance.tap.v1',
    ]),
  );
  expect(JSON.stringify(broker.published)).not.toContain('14008EC793');
});

test('a device says that it is there, retained, and that it goes', async () => {
  const broker = brokerStandIn();
  const { agent } = await start(enrolledFolder(), { openMqtt: broker.openMqtt });
  broker.become({ connected: true });
  const presence = () =>
    broker.published.filter(({ topic }) => topic === `${prefix}/presence`).map(({ payload, retain }) => [JSON.parse(payload), retain]);
  await expect.poll(presence).toMatchObject([[{ online: true, agentVersion: '0.1.0' }, true]]);
  await agent.close();
  expect(presence().at(-1)).toEqual([{ online: false }, true]);
});

test('a document that comes down is run at once and after the next start', async () => {
  const broker = brokerStandIn();
  const dataDir = enrolledFolder({ withTwin: false });
  const { agent } = await start(dataDir, { openMqtt: broker.openMqtt });
  expect(agent.status().slots).toEqual([]);
  broker.become({ connected: true });
  broker.send(`${prefix}/twin/desired`, { version: 1, hash: desiredHash(desired), desired });
  await until(agent, ({ slots }) => slots[0]?.state === 'open');
  await expect.poll(() => broker.events().some(({ type }) => type === 'vn.tramhoc.twin.reported.v1')).toBe(true);
  await agent.close();
  const again = await start(dataDir, { openMqtt: brokerStandIn().openMqtt });
  await until(again.agent, ({ slots }) => slots[0]?.state === 'open');
});

test('a device that its broker refused for good closes its slots, stays so after a restart, and goes on when it is let in again', async () => {
  const dataDir = enrolledFolder();
  const broker = brokerStandIn();
  const fast = systemClock();
  // only the judgement's half minute passes faster
  const clock = { ...fast, monotonicMs: () => fast.monotonicMs() * 1_000 };
  const { agent } = await start(dataDir, { openMqtt: broker.openMqtt, clock });
  await until(agent, ({ slots }) => slots[0]?.state === 'open');
  broker.become({ connected: false, code: 'BROKER_UNREACHABLE' });
  for (let at = 0; at < 5; at += 1) broker.become({ connected: false, code: 'BROKER_REFUSED' });
  await new Promise((resolve) => setTimeout(resolve, 60));
  expect(agent.status().enrolment.state).toBe('enrolled');
  broker.become({ connected: false, code: 'BROKER_REFUSED' });
  expect(agent.status().enrolment).toEqual({ state: 'revoked' });
  await until(agent, ({ slots }) => slots.length === 0);
  await agent.close();

  const later = brokerStandIn();
  const { agent: restarted } = await start(dataDir, { openMqtt: later.openMqtt });
  expect(restarted.status()).toMatchObject({ enrolment: { state: 'revoked' }, slots: [] });
  later.become({ connected: true });
  await until(restarted, ({ enrolment, slots }) => enrolment.state === 'enrolled' && slots[0]?.state === 'open');
});

test('a page that sends feedback faster than people write is told so, and the outbox keeps its room for taps', async () => {
  const { agent, config } = await start(enrolledFolder(), { openMqtt: brokerStandIn().openMqtt });
  await until(agent, ({ slots }) => slots[0]?.state === 'open');
  const before = agent.status().pendingEvents;
  const socket = connect((config as { localLink: { path: string } }).localLink.path);
  ends.push(() => socket.destroy());
  const answers: { id?: number; code?: string }[] = [];
  createInterface(socket).on('line', (line) => {
    const said = JSON.parse(line) as { id?: number; code?: string };
    if (said.id !== undefined) answers.push(said);
  });
  const params = { category: 'food', text: 'Nước uống ở sân trường bị đục.', language: 'vi' };
  for (let id = 1; id <= 12; id += 1) {
    socket.write(`${JSON.stringify({ id, method: 'feedback.submit', params })}\n`);
    await expect.poll(() => answers.length).toBe(id);
  }
  expect(answers.map(({ code }) => code)).toEqual([...Array(10).fill(undefined), 'RATE_LIMITED', 'RATE_LIMITED']);
  expect(agent.status().pendingEvents).toBe(before + 10);
});

test('a device that was never enrolled says that it waits for the centre', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'agent-'));
  ends.push(() => rmSync(dataDir, { recursive: true }));
  const { agent } = await start(join(dataDir, 'new'));
  await until(agent, ({ enrolment }) => enrolment.state === 'unclaimed' && enrolment.code === 'CENTRE_UNREACHABLE');
  expect(statSync(join(dataDir, 'new')).mode & 0o077).toBe(0);
  expect(existsSync(join(dataDir, 'new', 'outbox.db'))).toBe(false);
});

test('a config with a fault stops the start and names the field', async () => {
  await expect(
    startAgent(
      { dataDir: '/tmp/x', name: '', centre: { url: 'http://x', caFile: 'x' }, localLink: { path: 'x' } },
      {
        clock: systemClock(),
        random: systemRandom(),
        log: silentLog,
      },
    ),
  ).rejects.toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringMatching(/name.*centre\.url/) });
});
