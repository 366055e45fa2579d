/**
 * The agent's side of the local link for tests of the screens: a real socket, the real wire, every message checked by the schemas of the protocol
 * both ways. What it says is up to the test. The product never imports this.
 */
import { createServer, type Server, type Socket } from 'node:net';
import type { Feedback } from '@tramhoc/protocol/kiosk';
import { maxLocalLineBytes } from '@tramhoc/protocol/limits';
import { AgentNotice, AgentReply, AgentStatus, agentMethods, KioskCall } from '@tramhoc/protocol/local-link';
import type { Receipt } from '@tramhoc/protocol/receipt';
import { cutLines } from './cut-lines.ts';

export type ScriptedAgent = {
  /** Sends a notice to every kiosk. Throws when the protocol does not know it. */
  say(notice: AgentNotice): void;
  /** Changes the status and tells every kiosk. */
  become(change: Partial<AgentStatus>): void;
  /** From now on feedback is refused with this code, left without an answer (`silent`), or taken again (undefined). */
  refuseFeedback(code: string | 'silent' | undefined): void;
  /** The same for receipts. */
  refusePrint(code: string | 'silent' | undefined): void;
  readonly receipts: readonly Receipt[];
  readonly feedback: readonly Feedback[];
  readonly restarts: number;
  /** Kiosks connected now. */
  readonly kiosks: number;
  /** Cuts every connection and stops listening; `startScriptedAgent` on the same path brings it back. */
  stop(): Promise<void>;
};

export const enrolledStatus: AgentStatus = {
  agentVersion: '0.1.0',
  deviceName: 'Cổng chính 1',
  siteName: 'THPT Nguyễn Thượng Hiền',
  enrolment: {
    state: 'enrolled',
    deviceId: '3f0c8a52-7c1e-4c39-9d0b-52a1f0a1b7c4',
    siteId: 'thpt-nguyen-thuong-hien',
    certificateNotAfterMs: Date.UTC(2027, 10, 23),
  },
  brokerConnected: true,
  pendingEvents: 0,
  clockQuality: 'ntp',
  nowMs: Date.UTC(2026, 10, 23, 0, 5, 12),
  slots: [
    {
      slot: 'gate-reader',
      kind: 'rdm6300',
      title: { vi: 'Đầu đọc thẻ 125 kHz (RDM6300)', en: '125 kHz card reader (RDM6300)' },
      state: 'open',
      readsCards: true,
    },
    { slot: 'air', kind: 'pms5003', state: 'lost', readsCards: false },
  ],
};

/** `now` gives the wall time of the agent, ms. */
export async function startScriptedAgent({
  socketPath,
  status: first = enrolledStatus,
  now = () => first.nowMs,
}: {
  socketPath: string;
  status?: AgentStatus;
  now?: () => number;
}): Promise<ScriptedAgent> {
  let status = AgentStatus.parse({ ...first, nowMs: now() });
  const said: Said = { refusal: undefined, printRefusal: undefined, restarts: 0, feedback: [], receipts: [] };
  const kiosks = new Set<Socket>();
  const send = (socket: Socket, message: AgentNotice | AgentReply): void => {
    socket.write(`${JSON.stringify(message)}\n`);
  };
  const server: Server = createServer((socket) => {
    kiosks.add(socket);
    let rest = '';
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      const cut = cutLines(rest + chunk, maxLocalLineBytes);
      rest = cut.rest;
      for (const line of cut.lines) {
        const reply = answerLine(line, said, () => ({ ...status, nowMs: now() }));
        if (reply !== undefined) send(socket, AgentReply.parse(reply));
      }
    });
    socket.on('close', () => kiosks.delete(socket));
    socket.on('error', () => socket.destroy());
    send(socket, { notice: 'status', status: { ...status, nowMs: now() } });
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(socketPath, resolve));
  const say = (notice: AgentNotice): void => {
    const checked = AgentNotice.parse(notice);
    for (const kiosk of kiosks) send(kiosk, checked);
  };
  return {
    say,
    become(change) {
      status = AgentStatus.parse({ ...status, ...change, nowMs: now() });
      say({ notice: 'status', status });
    },
    refuseFeedback(code) {
      said.refusal = code;
    },
    refusePrint(code) {
      said.printRefusal = code;
    },
    receipts: said.receipts,
    feedback: said.feedback,
    get restarts() {
      return said.restarts;
    },
    get kiosks() {
      return kiosks.size;
    },
    stop: () =>
      new Promise((resolve) => {
        for (const kiosk of kiosks) kiosk.destroy();
        server.close(() => resolve());
      }),
  };
}

type Said = { refusal: string | undefined; printRefusal: string | undefined; restarts: number; feedback: Feedback[]; receipts: Receipt[] };

/** The reply to one line of a kiosk, or undefined when the test wants silence. Throws when the line is not of the protocol. */
function answerLine(line: string, said: Said, status: () => AgentStatus): AgentReply | undefined {
  const call = KioskCall.parse(JSON.parse(line));
  const params = agentMethods[call.method].params.parse(call.params);
  switch (call.method) {
    case 'status.get':
      return { id: call.id, ok: true, result: agentMethods['status.get'].result.parse(status()) };
    case 'enrolment.restart':
      said.restarts += 1;
      return { id: call.id, ok: true, result: {} };
    case 'receipt.print':
      if (said.printRefusal === 'silent') return undefined;
      if (said.printRefusal !== undefined) return { id: call.id, ok: false, code: said.printRefusal, message: 'refused by the test' };
      said.receipts.push(params as Receipt);
      return { id: call.id, ok: true, result: { confirmed: true } };
    case 'feedback.submit':
      if (said.refusal === 'silent') return undefined;
      if (said.refusal !== undefined) return { id: call.id, ok: false, code: said.refusal, message: 'refused by the test' };
      said.feedback.push(params as Feedback);
      return { id: call.id, ok: true, result: { trackingCode: `PA-7K3M-9QX${'PQRSTVWXYZ'[said.feedback.length % 10]}` } };
    default:
      return call.method satisfies never;
  }
}
