import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

const program = fileURLToPath(new URL('./main.ts', import.meta.url));
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tramhoc-kiosk-web-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function run(config: unknown) {
  writeFileSync(join(folder, 'kiosk-web.json'), JSON.stringify(config));
  const child = spawn(process.execPath, [program, '--config', join(folder, 'kiosk-web.json')], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: Record<string, unknown>[] = [];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    for (const line of text.split('\n').filter(Boolean)) lines.push(JSON.parse(line));
  });
  const exit = new Promise<number | null>((resolve) => child.on('exit', (code) => resolve(code)));
  return { child, lines, exit };
}

test('it says where the kiosk is, serves it, and stops cleanly', async () => {
  const { child, lines, exit } = run({ agentSocket: join(folder, 'agent.sock'), port: 0, distFolder: folder });
  const ready = await vi.waitFor(() => lines.find((line) => line['ready'] === true) ?? expect.fail('not ready'), { timeout: 10_000 });
  expect(ready).toEqual({ ready: true, url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/$/) });
  expect((await fetch(ready['url'] as string)).status).toBe(503);
  child.kill('SIGTERM');
  expect(await exit).toBe(0);
});

test('a fault in the config is one line that names the field', async () => {
  const { lines, exit } = run({ agentSocket: join(folder, 'agent.sock'), port: 'eight', distFolder: folder });
  expect(await exit).toBe(1);
  expect(lines).toEqual([expect.objectContaining({ level: 'error', code: 'CONFIG_INVALID' })]);
  expect(JSON.stringify(lines)).toContain('port:');
});

test('the kiosk is never served to the network', async () => {
  const { lines, exit } = run({ agentSocket: join(folder, 'agent.sock'), host: '0.0.0.0', port: 0, distFolder: folder });
  expect(await exit).toBe(1);
  expect(JSON.stringify(lines)).toContain('host:');
});
