import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { writePartConfig } from './part-config.ts';

test('the next start keeps what the documented commands wrote into a config, and writes what is its own', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tramhoc-part-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'broker.json');
  const ours = (port: number) => ({
    dataDir: join(folder, 'broker'),
    centre: { url: `https://127.0.0.1:${port}`, caFile: join(folder, 'root.pem') },
  });
  writePartConfig(path, ours(1));
  const tramhoc = join(import.meta.dirname, '..', 'tramhoc');
  execFileSync(tramhoc, ['site', 'gateway', 'add', '--config', path, '--name', 'zigbee', '--adapter', 'zigbee2mqtt']);
  const { gateways } = JSON.parse(readFileSync(path, 'utf8'));
  writePartConfig(path, ours(2));
  expect(gateways.entries).toHaveLength(1);
  expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({ ...ours(2), gateways });
});
