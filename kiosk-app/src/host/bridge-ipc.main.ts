/** The main process' end of the bridge: believes only the main frame of the window that is shown now, and only what the schemas know. */
import type { Log } from '@tramhoc/base/log';
import { type IpcMainEvent, type IpcMainInvokeEvent, ipcMain, type WebContents } from 'electron';
import { type AgentClient, answerCall } from './agent-client.ts';
import { type BridgeAnswer, BridgeCall, BridgeSignal, maxPendingCalls } from './bridge.ts';
import { callChannel, signalChannel } from './ipc-channels.ts';
import { isOurPage } from './lockdown.main.ts';

export function serveBridge({
  agent,
  current,
  onSignal,
  log,
}: {
  agent: AgentClient;
  /** The page that may speak now. */
  current(): WebContents | undefined;
  onSignal(signal: BridgeSignal): void;
  log: Log;
}): void {
  let calls = 0;
  const refuses = (event: IpcMainEvent | IpcMainInvokeEvent): boolean => {
    const page = current();
    const frame = event.senderFrame;
    if (page !== undefined && event.sender === page && frame !== null && frame === page.mainFrame && isOurPage(frame.url)) return false;
    log.warn({ sender: frame?.url }, 'a message from a frame that is not the kiosk page was left out');
    return true;
  };
  ipcMain.handle(callChannel, async (event, raw: unknown): Promise<BridgeAnswer> => {
    if (refuses(event)) return { ok: false, code: 'NOT_ALLOWED', message: 'this frame may not ask' };
    const call = BridgeCall.safeParse(raw);
    if (!call.success) return { ok: false, code: 'INPUT_INVALID', message: 'the bridge does not know this call' };
    if (calls >= maxPendingCalls) return { ok: false, code: 'RATE_LIMITED', message: 'too many calls under way' };
    calls += 1;
    try {
      return await answerCall(agent, call.data);
    } finally {
      calls -= 1;
    }
  });
  ipcMain.on(signalChannel, (event, raw: unknown) => {
    if (refuses(event)) return;
    const signal = BridgeSignal.safeParse(raw);
    if (signal.success) onSignal(signal.data);
  });
}
