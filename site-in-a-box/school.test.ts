import { expect, test } from 'vitest';
import type { AdminApi } from './admin-api.ts';
import { wishDrivers } from './school.ts';

const wires = { reader: '/data/wires/reader', scanner: '/data/wires/scanner', air: '/data/wires/air', projector: 'tcp://127.0.0.1:7409' };

/** A centre that has this configuration for the device; gives what it is asked to change. */
async function wished(drivers: Record<string, { kind: string; config: object }>): Promise<unknown> {
  let put: unknown;
  const admin = {
    call: async (method: string, _path: string, body: unknown) => {
      if (method === 'PUT') put = body;
      return { twinView: { desiredVersion: 4, desired: { drivers } } };
    },
  } as AdminApi;
  await wishDrivers(admin, { agent: 'gate', deviceId: 'gate', wires });
  return put;
}

test('in a folder of an earlier version, whose slots have other names, the wires that moved are followed, and nothing else is changed', async () => {
  const reader = (port: string) => ({ kind: 'rdm6300', config: { port, profile: 'raw' } });
  const own = { kind: 'rdm6300', config: { port: '/dev/ttyUSB0' } };
  expect(await wished({ 'gate-reader': reader('tcp://127.0.0.1:7406'), own })).toEqual({
    ifVersion: 4,
    desired: { drivers: { 'gate-reader': reader('/data/wires/reader'), own } },
  });
  expect(await wished({ 'gate-reader': reader('/data/wires/reader'), own })).toBeUndefined();
});
