/** A site with gateways, for tests: one password for all of them, reports every second. Never used outside tests. */
import { systemClock } from '@tramhoc/base/clock';
import { systemRandom } from '@tramhoc/base/random';
import type { TramEvent } from '@tramhoc/protocol/event';
import { hashPassword, newPassword } from '../gateways/password.ts';
import { openSimulatedLink, type SimulatedLink, type SimulatedLinkOptions } from '../gateways/simulated-link.ts';
import { createTestCa } from './test-ca.ts';
import { startTestCentre, type TestCentre } from './test-centre.ts';
import { startTestSite, type TestSite, testSiteId } from './test-site.ts';

export type TestGateways = {
  site: TestSite;
  centre: TestCentre;
  url: string;
  password: string;
  caPem: string;
  open(user: string, options?: Partial<SimulatedLinkOptions>): Promise<SimulatedLink>;
  /** `slot quantity value` of every reading at the centre, in order. */
  readings(): string[];
  /** `slot state` of every change. */
  changes(): string[];
  close(): Promise<void>;
};

const clock = systemClock();
const random = systemRandom();

/** `entries`: the user's name is the gateway's. */
export async function startTestGateways(entries: readonly { name: string; adapter: string }[], config: object = {}): Promise<TestGateways> {
  const password = newPassword(random);
  const passwordHash = await hashPassword(password, random);
  const ca = createTestCa(clock.wallMs());
  const centre = await startTestCentre(ca, { siteId: testSiteId });
  const gateways = {
    ...{ host: '127.0.0.1', port: 0, ...config },
    entries: entries.map((entry) => ({ user: entry.name, passwordHash, reportEveryS: 1, warmUpS: 0, ...entry })),
  };
  const site = await startTestSite({ ca, centreUrl: centre.url, gateways });
  const scheme = (config as { tls?: boolean }).tls === true ? 'mqtts' : 'mqtt';
  const of = (type: string): TramEvent[] => centre.stored.filter((event) => event.type === type);
  const made: TestGateways = {
    ...{ site, centre, password, caPem: ca.rootPem },
    url: `${scheme}://127.0.0.1:${site.broker.gatewayPort}`,
    open: (user, options = {}) =>
      openSimulatedLink({ url: made.url, caPem: ca.rootPem, user, password, clientId: `test-${user}`, clock, ...options }),
    readings: () =>
      of('vn.tramhoc.sensor.reading.v1').flatMap(({ data }) =>
        (data['measurements'] as { quantity: string; value: number }[]).map(
          ({ quantity, value }) => `${data['slot']} ${quantity} ${value}`,
        ),
      ),
    changes: () => of('vn.tramhoc.device.slot.v1').map(({ data }) => `${data['slot']} ${data['state']}`),
    async close() {
      await site.close();
      await centre.close();
    },
  };
  return made;
}
