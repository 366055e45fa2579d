import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SlotId } from '@tramhoc/protocol/ids';
import { expect, test } from 'vitest';
import { openSiteDatabase } from '../site-database.ts';
import { createKnownDevices } from './known-devices.ts';

test('the devices of a gateway are known after a restart, with what tells them apart', () => {
  const folder = mkdtempSync(join(tmpdir(), 'known-devices-'));
  const devices = [
    { name: 'room', slot: SlotId.parse('air-room'), model: 'M', id: '7' },
    { name: 'room (8)', slot: SlotId.parse('air-room-8'), id: '8' },
    { name: 'hall', slot: SlotId.parse('air-hall') },
  ];
  const before = openSiteDatabase(folder, { maxBytes: 64 * 1024 * 1024 });
  before.transaction(() => createKnownDevices(before).keep('air', 'home-assistant-discovery', devices));
  before.close();
  const after = openSiteDatabase(folder, { maxBytes: 64 * 1024 * 1024 });
  expect(createKnownDevices(after).all()).toEqual({ air: { adapter: 'home-assistant-discovery', devices } });
  after.close();
  rmSync(folder, { recursive: true });
});
