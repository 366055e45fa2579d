/** A network cable that a test can pull: a TCP proxy on loopback. Cut means that open connections break and new ones are refused. */
import { connect, createServer, type Server, type Socket } from 'node:net';

export type CuttableLink = { port: number; cut(): Promise<void>; mend(): Promise<void>; close(): Promise<void> };

export async function cuttableLink(targetPort: number): Promise<CuttableLink> {
  const open = new Set<Socket>();
  const hold = (socket: Socket): void => {
    open.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => open.delete(socket));
  };
  const listen = (port: number): Promise<Server> =>
    new Promise((resolve, reject) => {
      const server = createServer((near) => {
        const far = connect(targetPort, '127.0.0.1');
        hold(near);
        hold(far);
        near.pipe(far).pipe(near);
        near.once('close', () => far.destroy());
        far.once('close', () => near.destroy());
      });
      server.once('error', reject);
      server.listen(port, '127.0.0.1', () => resolve(server));
    });
  let server: Server | undefined = await listen(0);
  const { port } = server.address() as { port: number };
  const cut = async (): Promise<void> => {
    const current = server;
    server = undefined;
    if (current === undefined) return;
    const closed = new Promise((resolve) => current.close(resolve));
    for (const socket of open) socket.destroy();
    await closed;
  };
  return {
    port,
    cut,
    async mend() {
      server ??= await listen(port);
    },
    close: cut,
  };
}
