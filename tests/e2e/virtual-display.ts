/** A screen for programs that need one: Xvfb on a display number of its own, unless the machine has a display already. */
import { type ChildProcess, spawn } from 'node:child_process';

export type Display = { name: string; stop(): void };

/** Waits until the server says which number it took. Rejects when Xvfb is not installed. */
export function startDisplay({ width, height }: { width: number; height: number }): Promise<Display> {
  const server: ChildProcess = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', `${width}x${height}x24`, '-nolisten', 'tcp'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.once('exit', (code) => reject(new Error(`Xvfb ended with ${code}`)));
    server.stdio[3]!.once('data', (number: Buffer) => {
      server.removeAllListeners('exit');
      resolve({ name: `:${String(number).trim()}`, stop: () => server.kill() });
    });
  });
}
