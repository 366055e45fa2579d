import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { asListenFault, readConfig, writeFileAtomic } from './config.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'config-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const Schema = z.strictObject({ port: z.int().min(1) });

test('a config file with a wrong value names the file and the key', () => {
  const path = join(folder, 'agent.json');
  writeFileSync(path, '{"port":"x"}');
  expect(() => readConfig(path, Schema)).toThrow(/agent\.json: port: .*Mend the file/);
});

test.each([
  ['{}', 'port is missing'],
  ['{"port":"x"}', 'port: expected number, received string'],
  ['{"port":1,"prot":2}', 'prot is not known'],
  ['[]', 'the file: expected object, received array'],
])('what is wrong with %s is said in plain words', (text, says) => {
  const path = join(folder, 'agent.json');
  writeFileSync(path, text);
  expect(() => readConfig(path, Schema)).toThrow(`${path}: ${says}. Mend the file and start again.`);
});

test('a file that is not JSON, or not there, is said so', () => {
  writeFileSync(join(folder, 'a.json'), '{');
  expect(() => readConfig(join(folder, 'a.json'), Schema)).toThrow(/is not JSON/);
  expect(() => readConfig(join(folder, 'b.json'), Schema)).toThrow(/cannot be read/);
});

test.each(['MC4CAQAwBQYDK2Vw', '{"keyPem": MC4CAQAwBQYDK2Vw}', `{"keyPem": MC4C${'A'.repeat(90)}`])(
  'what is wrong with %.24s is said without what stands in it',
  (text) => {
    writeFileSync(join(folder, 'identity.json'), text);
    let fault: unknown;
    try {
      readConfig(join(folder, 'identity.json'), Schema);
    } catch (error) {
      fault = error;
    }
    expect(inspect(fault)).toMatch(/is not JSON: Unexpected token 'M'/);
    expect(inspect(fault)).not.toContain('MC4C');
  },
);

test('a secret is written whole and for its owner only', () => {
  const path = join(folder, 'deep', 'secret.json');
  writeFileAtomic(path, 'one', { mode: 0o600 });
  writeFileAtomic(path, 'two', { mode: 0o600 });
  expect(readFileSync(path, 'utf8')).toBe('two');
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(statSync(join(folder, 'deep')).mode & 0o777).toBe(0o700);
});

test('a port in use is explained in one line', () => {
  const fault = asListenFault(Object.assign(new Error('listen'), { code: 'EADDRINUSE' }), { host: '127.0.0.1', port: 8883 });
  expect((fault as Error).message).toBe('127.0.0.1:8883 is already in use; stop the program that holds it or choose another port.');
});
