/** Starts and kills agents that run in processes of their own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ScaledTime } from './scaled-clock.ts';

export type KillableAgent = { /** SIGKILL; resolves when the process is gone. */ kill(): Promise<void> };

export function startKillableAgent({ folder, config, time }: { folder: string; config: object; time: ScaledTime }): Promise<KillableAgent> {
  const configPath = join(folder, 'killable-agent.json');
  writeFileSync(configPath, JSON.stringify(config));
  const child: ChildProcess = spawn(
    process.execPath,
    [join(import.meta.dirname, 'agent-process', 'main.ts'), configPath, JSON.stringify(time)],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const said: string[] = [];
  child.stderr!.on('data', (chunk: Buffer) => said.push(chunk.toString('utf8')));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`the agent ended: ${said.join('').slice(-2_000)}`)));
    child.stdout!.on('data', (chunk: Buffer) => {
      if (!chunk.toString('utf8').includes('"ready"')) return;
      resolve({
        async kill() {
          child.kill('SIGKILL');
          await gone;
        },
      });
    });
  });
}
