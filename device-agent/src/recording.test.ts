import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { duplexPair } from 'node:stream';
import { desiredHash } from '@tramhoc/base/digest';
import { fakeClock } from '@tramhoc/base/fake-clock';
import { silentLog } from '@tramhoc/base/log';
import { seededRandom } from '@tramhoc/base/random';
import type { DesiredState } from '@tramhoc/protocol/twin';
import { expect, onTestFinished, test } from 'vitest';
import { pjlink } from './drivers/pjlink/driver.ts';
import { pjlinkSimulator } from './drivers/pjlink/simulator.ts';
import { openRecording } from './recording.ts';

test('a wish that came true is not given again by an agent that was started anew from its disk', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'recording-'));
  onTestFinished(() => rmSync(dataDir, { recursive: true }));
  const desired = { drivers: { projector: { kind: 'pjlink', config: { port: 'tcp://192.168.1.40', power: 'on' } } } } as DesiredState;
  writeFileSync(join(dataDir, 'twin.json'), JSON.stringify({ document: { version: 3, hash: desiredHash(desired), desired }, running: {} }));
  const clock = fakeClock();
  const random = seededRandom(7);
  const projector = pjlinkSimulator.create({ clock, random });
  const runAgent = async (): Promise<void> => {
    const recording = openRecording({
      ...{ dataDir, clock, random, log: silentLog, drivers: [pjlink] },
      grant: { deviceId: '11111111-1111-4111-8111-111111111111', siteId: 'thpt-demo', cardKey: '0a'.repeat(32) } as never,
      facts: { agentVersion: '1', model: 'm', serial: 's', os: 'o' },
      async openLink() {
        const [near, far] = duplexPair();
        far.on('error', () => undefined);
        projector.plug(far);
        return near;
      },
      ask: () => Promise.reject(new Error('nobody is asked here')),
      tell: () => undefined,
      clockQuality: () => 'ntp',
      onChange: () => undefined,
    });
    await recording.twin.start();
    await clock.advance(60_000);
    await recording.twin.stop();
    recording.close();
  };
  await runAgent();
  expect(projector.power()).toBe('on');
  projector.pressPower('off');
  await runAgent();
  expect(projector.power()).toBe('off');
  projector.close();
});
