import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemRandom } from '@tramhoc/base/random';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { BrokerConfig } from '../broker-config.ts';
import { addGateway, listGateways, removeGateway, renewPassword } from './config-file.ts';
import { passwordFits } from './password.ts';

const random = systemRandom();
let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tramhoc-gateway-'));
  path = join(folder, 'broker.json');
  const config = { dataDir: '/var/lib/x', centre: { url: 'https://centre.example.vn', caFile: '/etc/root.pem' } };
  writeFileSync(path, JSON.stringify(config), { mode: 0o640 });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const text = (): string => readFileSync(path, 'utf8');
const entries = () => BrokerConfig.parse(JSON.parse(text())).gateways!.entries;

test('the file keeps the hash of a password, its rights, and everything else as it was', async () => {
  const { user, password } = await addGateway(path, { name: 'zigbee', adapter: 'zigbee2mqtt', topics: [] }, random);
  expect(user).toBe('zigbee');
  expect(await passwordFits(password, entries()[0]!.passwordHash)).toBe(true);
  expect(text()).not.toContain(password);
  // defaults are not filled in
  expect(JSON.parse(text())).not.toHaveProperty('mqtt');
  expect(statSync(path).mode & 0o777).toBe(0o640);
});

test('a new password replaces the old one, and a gateway can be removed', async () => {
  const { password: before } = await addGateway(path, { name: 'a', adapter: 'tasmota', user: 'boards', topics: [] }, random);
  await addGateway(path, { name: 'b', adapter: 'esphome', topics: ['phong-may/#'] }, random);
  const { user, password } = await renewPassword(path, 'a', random);
  expect(user).toBe('boards');
  expect(await passwordFits(password, entries()[0]!.passwordHash)).toBe(true);
  expect(await passwordFits(before, entries()[0]!.passwordHash)).toBe(false);
  removeGateway(path, 'a');
  expect(listGateways(path)).toEqual([{ name: 'b', adapter: 'esphome', user: 'b', topics: ['phong-may/#'] }]);
});

test('what would not start is not written', async () => {
  await addGateway(path, { name: 'a', adapter: 'tasmota', topics: [] }, random);
  const before = text();
  const refused = (gateway: Partial<Parameters<typeof addGateway>[1]>): Promise<string> =>
    addGateway(path, { name: 'b', adapter: 'tasmota', topics: [], ...gateway }, random).then(
      () => 'written',
      (error: { code: string; message: string }) => `${error.code} ${error.message}`,
    );
  expect(await refused({ name: 'Zigbee Hub' })).toContain('INPUT_INVALID');
  expect(await refused({ adapter: 'zwave' })).toContain('INPUT_INVALID');
  expect(await refused({ topics: ['tram/#'] })).toContain('these topics belong to the broker');
  expect(await refused({ topics: ['#'] })).toContain('the first level must name something');
  expect(await refused({ user: 'a' })).toContain('two gateways have one user name');
  expect(await refused({ name: 'a' })).toContain('CONFLICT');
  await expect(renewPassword(path, 'c', random)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  expect(() => removeGateway(join(folder, 'none.json'), 'a')).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  expect(text()).toBe(before);
});

test('options of a kind are checked with the file', () => {
  const entry = {
    name: 'a',
    adapter: 'tasmota',
    user: 'a',
    passwordHash: `$argon2id$v=19$m=19456,t=2,p=1$${'a'.repeat(22)}$${'b'.repeat(43)}`,
  };
  const fault = (options: object): string | undefined =>
    BrokerConfig.safeParse({ ...JSON.parse(text()), gateways: { entries: [{ ...entry, options }] } }).error?.issues[0]?.path.join('.');
  expect(fault({})).toBeUndefined();
  expect(fault({ fullTopic: 'x/%topic%/' })).toBe('gateways.entries.0.options.fullTopic');
  expect(fault({ baseTopic: 'x' })).toBe('gateways.entries.0.options');
});
