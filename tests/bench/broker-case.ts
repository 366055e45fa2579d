/** QoS 1 publishes of 200 devices: ours with PUBACK after fsync, Mosquitto forwarding to a subscriber without durability. */
import { join } from 'node:path';
import type { Identity } from '@tramhoc/base/identity';
import { createTestCa } from '@tramhoc/broker/testing/test-ca';
import { haveMosquitto, benchSiteId as siteId, withAedes, withMosquitto, withOurs } from './brokers.ts';
import { ask } from './child.ts';
import { median } from './median.ts';
import type { LoadOrder, LoadResult } from './mqtt-load/load.ts';
import { type Case, type Row, thousands, times } from './table.ts';

const clients = 200;
const window = 5;
const runs = 3;
const deviceOf = (at: number): string => `00000000-0000-4000-8000-${at.toString(16).padStart(12, '0')}`;

const event = (deviceId: string): Record<string, unknown> => ({
  specversion: '1.0',
  source: `urn:tramhoc:${siteId}:${deviceId}`,
  type: 'vn.tramhoc.attendance.tap.v1',
  time: '2026-11-23T00:00:00.000Z',
  datacontenttype: 'application/json',
  epoch: '00000000000000aa',
  bootid: '00000000-0000-4000-8000-00000000b007',
  monons: '1000000000',
  clockquality: 'site',
  data: { slot: 'gate', cardHash: 'ab'.repeat(32), technology: 'em4100' },
});

const order = (port: number, more: Partial<LoadOrder>, event_: Record<string, unknown>): LoadOrder => ({
  port,
  publishers: Array.from({ length: clients }, (_, at) => ({
    clientId: deviceOf(at + 1),
    topic: `tram/1/${siteId}/${deviceOf(at + 1)}/events`,
  })),
  event: event_,
  window,
  rate: 0,
  warmUpMs: 2_000,
  measureMs: 6_000,
  ...more,
});
const load = (one: LoadOrder): Promise<LoadResult> => ask<LoadResult>([join(import.meta.dirname, 'mqtt-load', 'main.ts')], one);

type Figures = Record<'ours' | 'paced' | 'mosquitto' | 'aedes' | 'tls', LoadResult[]>;

export const brokerCase: Case = {
  name: 'broker',
  about: `${clients} devices, one event of about 600 bytes a publish, QoS 1, ${clients * window} outstanding; load and broker share the machine. Ours checks each event, keeps it in SQLite (synchronous=FULL) and acknowledges after the commit; the others keep nothing.`,
  async run(print) {
    const figures: Figures = { ours: [], paced: [], mosquitto: [], aedes: [], tls: [] };
    const note = (what: keyof Figures, result: LoadResult): void => {
      figures[what].push(result);
      print(`${what}: ${thousands(result.perSecond)}/s, p50 ${result.p50Ms.toFixed(1)} ms, p99 ${result.p99Ms.toFixed(1)} ms`);
    };
    const reader = { subscribe: { clientId: 'reader', filter: 'tram/#' } };
    for (let run = 0; run < runs; run += 1) {
      note('ours', await withOurs((port) => load(order(port, {}, event('@device')))));
      if (haveMosquitto()) note('mosquitto', await withMosquitto((port) => load(order(port, reader, event('@device')))));
      note('paced', await withOurs((port) => load(order(port, { rate: 2_000 }, event('@device')))));
      note('aedes', await withAedes((port) => load(order(port, reader, event('@device')))));
      const identities = benchIdentities();
      note('tls', await withOurs((port) => load(order(port, { publishers: identities.publishers }, event('@device'))), identities.broker));
    }
    return rowsOf(figures);
  },
};

function rowsOf(figures: Figures): Row[] {
  const perSecond = (what: keyof Figures): number => median(figures[what].map((result) => result.perSecond));
  const ms = (what: keyof Figures, percentile: 'p50Ms' | 'p99Ms'): string =>
    `${median(figures[what].map((result) => result[percentile])).toFixed(1)} ms`;
  const ours = perSecond('ours');
  const against = (name: string, what: 'mosquitto' | 'aedes'): Row => ({
    what: 'acknowledged after fsync, as fast as they come',
    figure: `${thousands(ours)}/s, p99 ${ms('ours', 'p99Ms')}`,
    ...(figures[what].length === 0
      ? { against: `${name}: not installed` }
      : { against: `${name}, QoS 1 forwarding, no durability: ${thousands(perSecond(what))}/s`, ratio: times(ours / perSecond(what)) }),
  });
  return [
    against('Mosquitto', 'mosquitto'),
    against('aedes 1.2', 'aedes'),
    {
      what: 'the same over TLS with client certificates',
      figure: `${thousands(perSecond('tls'))}/s, p99 ${ms('tls', 'p99Ms')}`,
      against: `plain TCP: ${thousands(ours)}/s`,
      ratio: times(perSecond('tls') / ours),
    },
    { what: 'at 2,000/s: publish to PUBACK', figure: `p50 ${ms('paced', 'p50Ms')}, p99 ${ms('paced', 'p99Ms')}` },
  ];
}

/** A certificate of its own for the broker and each device, with the authority's certificates. */
function benchIdentities(): { broker: Identity; publishers: LoadOrder['publishers'] } {
  const ca = createTestCa(Date.now());
  const publishers = Array.from({ length: clients }, (_, at) => {
    const deviceId = deviceOf(at + 1);
    const { keyPem, chainPem, caPem } = ca.issue({ names: { uris: [`urn:tramhoc:${siteId}:${deviceId}`] } });
    return { clientId: deviceId, topic: `tram/1/${siteId}/${deviceId}/events`, tls: { key: keyPem, cert: chainPem, ca: caPem } };
  });
  return { broker: ca.issue({ names: { loopback: true, dns: ['localhost'] } }), publishers };
}
