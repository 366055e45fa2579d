import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fakeClock } from '@tramhoc/base/fake-clock';
import type { Identity } from '@tramhoc/base/identity';
import { silentLog } from '@tramhoc/base/log';
import { DeviceId, SiteId } from '@tramhoc/protocol/ids';
import { afterEach, expect, test } from 'vitest';
import { type IdentityStore, openIdentityStore } from './identity-store.ts';
import { createRenewal } from './renewal.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const identityOf = (name: string): Identity => ({ keyPem: 'k', certificatePem: name, chainPem: name, caPem: 'ca', notAfterMs: 1 });

/** A device that was switched off after it renewed and before it connected with the new certificate. */
function interrupted() {
  const dataDir = mkdtempSync(join(tmpdir(), 'renewal-'));
  ends.push(() => rmSync(dataDir, { recursive: true }));
  const store: IdentityStore = openIdentityStore(dataDir);
  store.saveIdentity(identityOf('old'));
  store.saveNext(identityOf('new'));
  const used: string[] = [];
  const renewal = createRenewal({
    store,
    identity: store.identity()!,
    owner: { siteId: SiteId.parse('thpt-demo'), deviceId: DeviceId.parse('11111111-1111-4111-8111-111111111111') },
    centre: { url: 'https://127.0.0.1:1', caFile: '/nowhere' },
    siteNowMs: () => undefined,
    useIdentity: async (identity) => void used.push(identity.certificatePem),
    clock: fakeClock(),
    log: silentLog,
  });
  ends.push(() => renewal.close());
  return { store, used, renewal };
}

test('after a power cut the renewed certificate is tried first, and becomes the identity when it has connected', () => {
  const { store, renewal } = interrupted();
  expect(renewal.current.certificatePem).toBe('new');
  renewal.linkChanged({ connected: false, code: 'BROKER_UNREACHABLE' });
  expect(store.identity()?.certificatePem).toBe('old');
  renewal.linkChanged({ connected: true });
  expect(store.identity()?.certificatePem).toBe('new');
  expect(store.next()).toBeUndefined();
});

test('a renewed certificate that the broker refuses is given up and the old one goes on', () => {
  const { store, used, renewal } = interrupted();
  for (let at = 0; at < 10; at += 1) renewal.linkChanged({ connected: false, code: 'BROKER_UNREACHABLE' });
  expect(used).toEqual([]);
  for (let at = 0; at < 3; at += 1) renewal.linkChanged({ connected: false, code: 'BROKER_REFUSED' });
  expect(used).toEqual(['old']);
  expect(renewal.current.certificatePem).toBe('old');
  expect(store.identity()?.certificatePem).toBe('old');
  expect(store.next()).toBeUndefined();
});
