/** Listens on an agent's local link as a kiosk does and keeps what it hears. Connects again when the agent was killed. */
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { AgentNotice } from '@tramhoc/protocol/local-link';

export type KioskEar = { readonly heard: AgentNotice[]; connected(): boolean; close(): void };

/** `onNotice` hears each notice as it comes, `onGone` that the agent went away. */
export function kioskEar(
  socketPath: string,
  { onNotice, onGone }: { onNotice?(notice: AgentNotice): void; onGone?(): void } = {},
): KioskEar {
  const heard: AgentNotice[] = [];
  let socket: Socket | undefined;
  let isConnected = false;
  let closed = false;
  const open = (): void => {
    if (closed) return;
    const current = connect(socketPath);
    socket = current;
    current.once('connect', () => {
      isConnected = true;
    });
    const lines = createInterface({ input: current });
    // it passes the socket's errors on
    lines.on('error', () => undefined);
    lines.on('line', (line) => {
      const notice = AgentNotice.safeParse(JSON.parse(line));
      if (!notice.success) return;
      heard.push(notice.data);
      onNotice?.(notice.data);
    });
    current.on('error', () => undefined);
    current.once('close', () => {
      isConnected = false;
      onGone?.();
      setTimeout(open, 20);
    });
  };
  open();
  return {
    heard,
    connected: () => isConnected,
    close() {
      closed = true;
      socket?.destroy();
    },
  };
}
