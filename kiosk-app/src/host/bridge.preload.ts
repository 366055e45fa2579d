/** The bridge in Electron: the only thing that the page gets from outside its sandbox. Named functions, checked both ways, no Electron object. */
import './zod-without-eval.ts';
import { contextBridge, ipcRenderer } from 'electron';
import type { z } from 'zod';
import { type Bridge, BridgeCall, BridgeNews, type BridgeSignal, bridgeCalls, type Outcome, outcomeOf } from './bridge.ts';
import { callChannel, newsChannel, signalChannel } from './ipc-channels.ts';

const listeners = new Set<(news: BridgeNews) => void>();
ipcRenderer.on(newsChannel, (_event, raw: unknown) => {
  const news = BridgeNews.safeParse(raw);
  if (news.success) for (const listener of listeners) listener(news.data);
});

async function ask<T>(call: unknown, result: z.ZodType<T>): Promise<Outcome<T>> {
  const checked = BridgeCall.safeParse(call);
  if (!checked.success) return { ok: false, code: 'INPUT_INVALID', message: 'the page asked for what the bridge does not know' };
  try {
    return outcomeOf(await ipcRenderer.invoke(callChannel, checked.data), result);
  } catch {
    return { ok: false, code: 'LINK_CLOSED', message: 'the main process did not answer' };
  }
}

const signal = (what: BridgeSignal): void => ipcRenderer.send(signalChannel, what);

contextBridge.exposeInMainWorld(
  'tramhoc',
  Object.freeze<Bridge>({
    submitFeedback: (params) => ask({ call: 'submitFeedback', params }, bridgeCalls.submitFeedback.result),
    printReceipt: (params) => ask({ call: 'printReceipt', params }, bridgeCalls.printReceipt.result),
    restartEnrolment: () =>
      ask({ call: 'restartEnrolment', params: {} }, bridgeCalls.restartEnrolment.result) as ReturnType<Bridge['restartEnrolment']>,
    listen(listener) {
      listeners.add(listener);
      signal('listen');
      return () => listeners.delete(listener);
    },
    touched: () => signal('touched'),
    endSession: () => signal('end'),
    alive: () => signal('alive'),
  }),
);
