/** The kiosk's end of the local link: one socket to the agent, opened again for ever, JSON lines with a limit, calls with a deadline. */
import { connect, type Socket } from 'node:net';
import { backoffMs } from '@tramhoc/base/backoff';
import type { Clock, Timer } from '@tramhoc/base/clock';
import type { Log } from '@tramhoc/base/log';
import type { Random } from '@tramhoc/base/random';
import { isTramError, TramError } from '@tramhoc/protocol/errors';
import { maxLocalLineBytes, receiptTimeoutMs, requestTimeoutMs } from '@tramhoc/protocol/limits';
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
import { type PendingCalls, pendingCalls } from './pending-calls.ts';

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

type Reply = { result: unknown } | { fault: TramError };

/** `socketPath`: Unix socket, or named pipe on Windows. Starts connecting at once. */
export function connectAgent(
  { socketPath }: { socketPath: string },
  { clock, random, log }: { clock: Clock; random: Random; log: Log },
): AgentClient {
  const listeners = new Set<(news: BridgeNews) => void>();
  const late = (): Reply => ({ fault: new TramError('REQUEST_TIMEOUT', `the agent did not answer in ${callTimeoutMs} ms; try again.`) });
  const pending = pendingCalls<Reply>({ limit: maxPendingCalls, timeoutMs: callTimeoutMs, late, clock });
  let link: { socket: Socket; up: boolean } | undefined;
  let status: AgentStatus | undefined;
  let closed = false;
  let attempt = 0;
  let retry: Timer | undefined;

  const tell = (news: BridgeNews): void => {
    for (const listener of listeners) listener(news);
  };
  const open = (): void => {
    const socket = dialLines(socketPath, {
      onOpen() {
        attempt = 0;
        link = { socket, up: true };
        log.info({ socketPath }, 'linked to the agent');
        tell({ news: 'agent', connected: true });
      },
      onLine(line) {
        const message = readLine(line);
        if (message === undefined) log.warn({ payloadBytes: line.length }, 'a line of the agent was not understood and left out');
        else if ('notice' in message) {
          if (message.notice === 'status') status = message.status;
          tell({ news: 'notice', notice: message });
        } else pending.settle(message.id, replyOf(message));
      },
      onClose() {
        if (link?.up === true) {
          log.warn({ socketPath }, 'link to the agent lost');
          tell({ news: 'agent', connected: false });
        }
        link = undefined;
        pending.settleAll({ fault: new TramError('LINK_CLOSED', 'the agent closed the link; the kiosk connects again by itself.') });
        if (closed) return;
        attempt += 1;
        retry = clock.after(backoffMs({ attempt, fraction: random.fraction() }, reconnectLimits), open);
      },
    });
    link = { socket, up: false };
  };
  open();

  return {
    call: (method, params) => {
      if (link?.up === true) return ask(link.socket, pending, { method, params });
      const message = `no agent answers at ${socketPath}; start it or look at its log.`;
      return Promise.reject(new TramError('LOCAL_LINK_UNAVAILABLE', message));
    },
    listen(listener) {
      listeners.add(listener);
      listener({ news: 'agent', connected: link?.up === true });
      if (status !== undefined) listener({ news: 'notice', notice: { notice: 'status', status } });
      return () => listeners.delete(listener);
    },
    close() {
      closed = true;
      retry?.cancel();
      link?.socket.destroy();
    },
  };
}

/** A socket as lines. A line beyond maxLocalLineBytes closes it: the other end is not one of ours. */
function dialLines(path: string, on: { onOpen(): void; onLine(line: string): void; onClose(): void }): Socket {
  const socket = connect(path);
  let rest = '';
  socket.setEncoding('utf8');
  socket.on('connect', on.onOpen);
  socket.on('data', (chunk: string) => {
    const cut = cutLines(rest + chunk, maxLocalLineBytes);
    rest = cut.rest;
    for (const line of cut.lines) on.onLine(line);
    if (cut.tooLong) socket.destroy();
  });
  socket.on('error', () => socket.destroy());
  socket.on('close', on.onClose);
  return socket;
}

function ask<M extends AgentMethod>(
  socket: Socket,
  pending: PendingCalls<Reply>,
  { method, params }: { method: M; params: MethodParams<M> },
): Promise<MethodResult<M>> {
  return new Promise((resolve, reject) => {
    const id = pending.add(
      (reply) => {
        if ('fault' in reply) return reject(reply.fault);
        const result = agentMethods[method].result.safeParse(reply.result);
        if (result.success) resolve(result.data as MethodResult<M>);
        else reject(new TramError('PAYLOAD_MALFORMED', `the agent answered ${method} with something else; are both of one release?`));
      },
      method === 'receipt.print' ? receiptTimeoutMs + 1_000 : callTimeoutMs,
    );
    if (id === undefined) reject(new TramError('RATE_LIMITED', 'too many calls under way; wait for the answers.'));
    else socket.write(`${JSON.stringify({ id, method, params })}\n`);
  });
}

/** The agent's own code goes along in `details`: it may be newer than our list. */
function replyOf(reply: AgentReply): Reply {
  if (reply.ok) return { result: reply.result };
  return { fault: new TramError('NOT_ALLOWED', reply.message, { details: { agentCode: reply.code } }) };
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
      case 'printReceipt':
        return { ok: true, result: await agent.call(bridgeCalls.printReceipt.method, call.params) };
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
