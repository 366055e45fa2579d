import { mkdtempSync, rmSync } from 'node:fs';
import type { Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { fakeClock } from '@tramhoc/base/fake-clock';
import { silentLog } from '@tramhoc/base/log';
import { systemRandom } from '@tramhoc/base/random';
import { expect, test } from 'vitest';
import { openCertificateAuthority } from '../ca/certificate-authority.ts';
import { limitHandshakes } from './handshake-limit.ts';
import { httpApp } from './http-app.ts';

test('an address that opens connections all the time is sent away before its handshake, and let in again later', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tramhoc-handshakes-'));
  const clock = fakeClock({ wallMs: Date.now() });
  const deps = { clock, random: systemRandom(), log: silentLog };
  const authority = await openCertificateAuthority(folder, 'Sở', deps);
  const ca = [authority.rootPem, authority.deviceCaPem];
  const app = httpApp({ ...deps, tls: { ...(await authority.serverIdentity(['localhost'])), ca } });
  let handshakes = 0;
  app.server.on('secureConnection', () => (handshakes += 1));
  limitHandshakes(app.server as unknown as Server, clock, { burst: 3, perSecond: 1 });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const comesIn = (): Promise<boolean> =>
    new Promise((resolve) => {
      const socket = connect({ host: '127.0.0.1', port, servername: 'localhost', ca }, () => resolve(true));
      socket.on('error', () => undefined).on('close', () => resolve(false));
    });
  try {
    const tried = [];
    for (let at = 0; at < 5; at += 1) tried.push(await comesIn());
    expect([tried, handshakes]).toEqual([[true, true, true, false, false], 3]);
    await clock.advance(1_000);
    expect([await comesIn(), await comesIn()]).toEqual([true, false]);
  } finally {
    await app.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
