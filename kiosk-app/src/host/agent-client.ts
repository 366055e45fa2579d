/** The kiosk's end of the local link: one socket to the agent, opened again for ever, JSON lines with a limit, calls with a deadline. */
import { connect, type Socket } from 'node:net';
import { backoffMs } from '@tramhoc/base/backoff';
import type { Clock, Timer } from '@tramhoc/base/clock';
import type { Log } from '@tramhoc/base/log';
import type { Random } from '@tramhoc/base/random';
import { isTramError, TramError } from '@tramhoc/protocol/errors';
import { maxLocalLineBytes, requestTimeoutMs } from '@tramhoc/protocol/limits';
import {
  type AgentMethod,
  AgentNotice,
  AgentReply,
  type AgentStatus,
  agentMethods,
  type MethodParams,
  type MethodResult,
} from '@tramhoc/protocol/local-link';
import { type BridgeAnswer, type BridgeCall, type BridgeNews, bridgeCalls, maxPendingCalls } from './bridge.ts';
import { cutLines } from './cut-lines.ts';

export type AgentClient = {
  /** Rejects with TramError LOCAL_LINK_UNAVAILABLE at once when the agent is away, REQUEST_TIMEOUT or LINK_CLOSED, or the agent's own code in `details`. */
  call<M extends AgentMethod>(method: M, params: MethodParams<M>): Promise<MethodResult<M>>;
  /** First the state of the link and the last status, then everything as it comes. Returns what ends it. */
  listen(listener: (news: BridgeNews) => void): () => void;
  close(): void;
};

/** The agent restarts in a second or two; a wait above five would keep pupils in front of a dead screen. */
const reconnectLimits = { firstMs: 200, maxMs: 5_000 };
/** Reading from disk and asking the broker takes below requestTimeoutMs; then the call itself needs a moment. */
const callTimeoutMs = requestTimeoutMs + 1_000;

type Pending = { method: AgentMethod; settle(reply: { result: unknown } | { fault: TramError }): void; timer: Timer };

/** `socketPath`: Unix socket, or named pipe on Windows. Starts connecting at once. */
export function connectAgent(
  { socketPath }: { socketPath: string },
  { clock, random, log }: { clock: Clock; random: Random; log: Log },
): AgentClient {
  const listeners = new Set<(news: BridgeNews) => void>();
  const pending = new Map<number, Pending>();
  let socket: Socket | undefined;
  let connected = false;
  let status: AgentStatus | undefined;
  let closed = false;
  let attempt = 0;
  let nextId = 1;
  let retry: Timer | undefined;

  const tell = (news: BridgeNews): void => {
    for (const listener of listeners) listener(news);
  };
  const failAll = (fault: TramError): void => {
    for (const call of pending.values()) {
      call.timer.cancel();
      call.settle({ fault });
    }
    pending.clear();
  };
  const lost = (): void => {
    if (connected) {
      connected = false;
      log.warn({ socketPath }, 'link to the agent lost');
      tell({ news: 'agent', connected: false });
    }
    failAll(new TramError('LINK_CLOSED', 'the agent closed the link; the kiosk connects again by itself.'));
    if (closed) return;
    attempt += 1;
    retry = clock.after(backoffMs({ attempt, fraction: random.fraction() }, reconnectLimits), open);
  };
  const take = (line: string): void => {
    const message = readLine(line);
    if (message === undefined) log.warn({ payloadBytes: line.length }, 'a line of the agent was not understood and left out');
    else if ('notice' in message) {
      if (message.notice === 'status') status = message.status;
      tell({ news: 'notice', notice: message });
    } else settle(message);
  };
  const settle = (reply: AgentReply): void => {
    const call = pending.get(reply.id);
    if (call === undefined) return;
    pending.delete(reply.id);
    call.timer.cancel();
    if (reply.ok) call.settle({ result: reply.result });
    else call.settle({ fault: new TramError('NOT_ALLOWED', reply.message, { details: { agentCode: reply.code } }) });
  };
  const open = (): void => {
    const current = connect(socketPath);
    socket = current;
    let rest = '';
    current.setEncoding('utf8');
    current.on('connect', () => {
      attempt = 0;
      connected = true;
      log.info({ socketPath }, 'linked to the agent');
      tell({ news: 'agent', connected: true });
    });
    current.on('data', (chunk: string) => {
      const cut = cutLines(rest + chunk, maxLocalLineBytes);
      rest = cut.rest;
      for (const line of cut.lines) take(line);
      if (cut.tooLong) current.destroy();
    });
    current.on('error', () => current.destroy());
    current.on('close', lost);
  };
  open();

  return {
    call: (method, params) =>
      new Promise((resolve, reject) => {
        if (!connected || socket === undefined) {
          reject(new TramError('LOCAL_LINK_UNAVAILABLE', `no agent answers at ${socketPath}; start it or look at its log.`));
          return;
        }
        if (pending.size >= maxPendingCalls) {
          reject(new TramError('RATE_LIMITED', 'too many calls under way; wait for the answers.'));
          return;
        }
        const id = nextId++;
        const timer = clock.after(callTimeoutMs, () => {
          pending.delete(id);
          reject(new TramError('REQUEST_TIMEOUT', `the agent did not answer ${method} in ${callTimeoutMs} ms; try again.`));
        });
        pending.set(id, {
          method,
          timer,
          settle(reply) {
            if ('fault' in reply) return reject(reply.fault);
            const result = agentMethods[method].result.safeParse(reply.result);
            if (result.success) resolve(result.data as MethodResult<typeof method>);
            else reject(new TramError('PAYLOAD_MALFORMED', `the agent answered ${method} with something else; are both of one release?`));
          },
        });
        socket.write(`${JSON.stringify({ id, method, params })}\n`);
      }),
    listen(listener) {
      listeners.add(listener);
      listener({ news: 'agent', connected });
      if (status !== undefined) listener({ news: 'notice', notice: { notice: 'status', status } });
      return () => listeners.delete(listener);
    },
    close() {
      closed = true;
      retry?.cancel();
      socket?.destroy();
      failAll(new TramError('LINK_CLOSED', 'the kiosk is closing.'));
    },
  };
}

function readLine(line: string): AgentNotice | AgentReply | undefined {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    return undefined;
  }
  const notice = AgentNotice.safeParse(json);
  if (notice.success) return notice.data;
  const reply = AgentReply.safeParse(json);
  return reply.success ? reply.data : undefined;
}

/** Carries a call of the page to the agent; a fault becomes an answer. */
export async function answerCall(agent: AgentClient, call: BridgeCall): Promise<BridgeAnswer> {
  try {
    switch (call.call) {
      case 'submitFeedback':
        return { ok: true, result: await agent.call(bridgeCalls.submitFeedback.method, call.params) };
      case 'restartEnrolment':
        return { ok: true, result: await agent.call(bridgeCalls.restartEnrolment.method, call.params) };
      default:
        return call satisfies never;
    }
  } catch (cause) {
    if (!isTramError(cause)) throw cause;
    const agentCode = cause.details?.['agentCode'];
    return { ok: false, code: typeof agentCode === 'string' ? agentCode : cause.code, message: cause.message };
  }
}
