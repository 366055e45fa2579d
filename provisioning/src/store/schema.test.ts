/** A centre of an earlier version is brought forward. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '@tramhoc/base/sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openCentreStore } from './centre-store.ts';
import { migrations } from './schema.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tramhoc-schema-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('when a claim last ended all certificates of a device is known of devices that were there before it was asked', () => {
  const before = openDatabase(join(folder, 'centre.sqlite'), {
    migrations: migrations.slice(
      0,
      migrations.findIndex((step) => step.includes('claimed_ms')),
    ),
  });
  before.exec(`
    INSERT INTO sites VALUES ('a', 'A', 'localhost', 8883, '', 'claimed', 0, NULL, 0, 0, 0, 0);
    INSERT INTO devices (device_id, site_id, role, name, model, serial, agent_version, os, fingerprint, state, enrolled_ms)
      SELECT value, 'a', 'agent', '', '', '', '', '', '', 'active', 0 FROM json_each('["claimed", "claimed again", "asked again", "new"]');
    INSERT INTO claims (device_id, token_hash, expires_ms, used_ms) VALUES ('claimed', '', 0, 10), ('claimed again', '', 0, 30), ('asked again', '', 0, NULL);
    INSERT INTO certificates VALUES ('1', 'claimed', '', 10, 99, NULL), ('2', 'claimed again', '', 10, 99, 30), ('3', 'asked again', '', 10, 99, 20);
  `);
  before.close();
  const store = openCentreStore(folder);
  const claimedMs = (deviceId: string): number | undefined => store.devices.get(deviceId)?.claimed_ms;
  expect(['claimed', 'claimed again', 'asked again', 'new'].map(claimedMs)).toEqual([10, 30, 20, 0]);
  store.close();
});
