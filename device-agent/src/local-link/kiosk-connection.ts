/** One kiosk at the other end of the local link: its calls are checked and answered, notices are sent as long as it reads them. */
import type { Socket } from 'node:net';
import type { Log } from '@tramhoc/base/log';
import { isTramError } from '@tramhoc/protocol/errors';
import { faults } from '@tramhoc/protocol/event';
import { maxLocalLineBytes } from '@tramhoc/protocol/limits';
import {
  type AgentMethod,
  AgentNotice,
  type AgentReply,
  agentMethods,
  KioskCall,
  type MethodParams,
  type MethodResult,
} from '@tramhoc/protocol/local-link';
import { lineCutter } from './line-cutter.ts';

/** What the kiosk may ask for. A TramError that is thrown becomes the answer. */
export type AgentHandlers = {
  [M in AgentMethod]: (params: MethodParams<M>) => M extends 'receipt.print' ? Promise<MethodResult<M>> : MethodResult<M>;
};
export type KioskConnection = { send(notice: AgentNotice): void; close(): void };

/** A screen makes one call at a time; a page that loops is told so. */
const maxOpenCalls = 16;
/** A kiosk that reads nothing for so long that this much has piled up is frozen; it gets the whole status when it comes back. */
const maxUnreadBytes = 256 * 1024;
/** Somebody who does not speak our language is not listened to for long. */
const maxBadLines = 10;

export function serveKiosk(socket: Socket, { handlers, log }: { handlers: AgentHandlers; log: Log }): KioskConnection {
  const cutter = lineCutter(maxLocalLineBytes);
  let openCalls = 0;
  let badLines = 0;
  const drop = (reason: string): void => {
    log.warn({ reason }, 'a kiosk was dropped from the local link');
    socket.destroy();
  };
  const write = (message: AgentNotice | AgentReply): void => {
    if (socket.destroyed || !socket.writable) return;
    socket.write(`${JSON.stringify(message)}\n`);
    if (socket.writableLength > maxUnreadBytes) drop(`it left ${socket.writableLength} bytes unread`);
  };
  const bad = (id: number | undefined, message: string): void => {
    badLines += 1;
    if (id !== undefined) write({ id, ok: false, code: 'REQUEST_INVALID', message });
    if (badLines >= maxBadLines) drop(`${maxBadLines} lines that are no calls`);
  };
  const answer = async (call: KioskCall): Promise<void> => {
    const method = agentMethods[call.method];
    const params = method.params.safeParse(call.params);
    if (!params.success) return bad(call.id, faults(params.error));
    if (openCalls >= maxOpenCalls)
      return write({ id: call.id, ok: false, code: 'RATE_LIMITED', message: 'wait for the open calls first.' });
    openCalls += 1;
    try {
      const handler = handlers[call.method] as (input: unknown) => unknown;
      const result = method.result.parse(await handler(params.data));
      write({ id: call.id, ok: true, result });
    } catch (err) {
      if (!isTramError(err)) log.error({ err, method: call.method }, 'a call of the kiosk failed');
      const { code, message } = isTramError(err) ? err : { code: 'INTERNAL', message: 'the agent failed; see its log.' };
      write({ id: call.id, ok: false, code, message });
    } finally {
      openCalls -= 1;
    }
  };
  const take = (line: string): void => {
    if (line.trim() === '') return;
    let input: unknown;
    try {
      input = JSON.parse(line);
    } catch {
      bad(undefined, 'not JSON');
      return;
    }
    const call = KioskCall.safeParse(input);
    if (call.success) void answer(call.data);
    else bad(idOf(input), faults(call.error));
  };
  socket.on('data', (chunk) => {
    const lines = cutter.push(chunk);
    if (lines === undefined) return drop(`a line of more than ${maxLocalLineBytes} bytes`);
    for (const line of lines) if (!socket.destroyed) take(line);
  });
  return {
    send: (notice) => write(AgentNotice.parse(notice)),
    close: () => void socket.destroySoon(),
  };
}

function idOf(input: unknown): number | undefined {
  const id = (input as { id?: unknown } | null)?.id;
  return typeof id === 'number' && Number.isSafeInteger(id) && id > 0 ? id : undefined;
}
