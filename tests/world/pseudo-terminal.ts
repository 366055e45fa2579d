/** Two ends of a serial line, by socat: the driver opens `near`, the test writes what the device sends into `far`. */
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, constants, existsSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { until } from './until.ts';

export const haveSocat = spawnSync('socat', ['-V'], { stdio: 'ignore' }).status === 0;

export type PseudoTerminal = {
  near: string /** One write(2) for each byte. */;
  sendByteByByte(bytes: Uint8Array): Promise<void> /** The cable is pulled. */;
  close(): void;
};

export async function pseudoTerminal(folder: string, name: string): Promise<PseudoTerminal> {
  const near = join(folder, `${name}-near`);
  const far = join(folder, `${name}-far`);
  const socat = spawn('socat', [`pty,raw,echo=0,link=${near}`, `pty,raw,echo=0,link=${far}`], { stdio: 'ignore' });
  await until('socat makes the pseudo-terminals', () => existsSync(near) && existsSync(far));
  const file = openSync(far, constants.O_WRONLY | constants.O_NOCTTY);
  return {
    near,
    async sendByteByByte(bytes) {
      for (const byte of bytes) {
        writeSync(file, Uint8Array.of(byte));
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    },
    close() {
      closeSync(file);
      socat.kill();
    },
  };
}
