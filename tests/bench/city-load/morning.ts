/** The taps of a morning as the brokers of the sites have them, the same ones for everybody who asks with the same seed. */
import { DeviceId, deviceUrn, SiteId } from '@tramhoc/protocol/ids';

export type Morning = { sites: number; taps: number; seed: number };
/** Gates of a school, each with a reader of its own. */
const gates = 4;
const eventsOfBatch = 500;
const sevenMs = Date.UTC(2026, 10, 23, 0, 0);
const morningMs = 15 * 60_000;

export const siteIdOf = (site: number): SiteId => SiteId.parse(`truong-${site + 1}`);
export const brokerIdOf = (site: number): DeviceId => deviceIdOf(site, 0);
const deviceIdOf = (site: number, device: number): DeviceId =>
  DeviceId.parse(`00000000-0000-4000-8000-${(site * 16 + device).toString(16).padStart(12, '0')}`);

export const tapsOfSite = ({ sites, taps }: Morning, site: number): number =>
  Math.floor(((site + 1) * taps) / sites) - Math.floor((site * taps) / sites);

/** Each batch is the JSON text of a site's next 500 events at most. */
export function* batchesOf(morning: Morning, site: number): Generator<string> {
  const count = tapsOfSite(morning, site);
  const heads = Array.from({ length: gates }, (_, gate) => {
    const source = deviceUrn({ siteId: siteIdOf(site), deviceId: deviceIdOf(site, gate + 1) });
    const epoch = hex(mixed(morning.seed, site * 16 + gate)) + hex(mixed(site, gate));
    return `{"specversion":"1.0","source":"${source}","type":"vn.tramhoc.attendance.tap.v1","datacontenttype":"application/json","epoch":"${epoch}","bootid":"00000000-0000-4000-8000-00000000b007","clockquality":"site","sentbootid":"00000000-0000-4000-8000-00000000b007"`;
  });
  let texts: string[] = [];
  for (let at = 0; at < count; at += 1) {
    const afterMs = Math.floor((at * morningMs) / count);
    const time = new Date(sevenMs + afterMs).toISOString();
    const nanoseconds = `${1_000_000 + afterMs}000000`;
    const number = site * 65_536 + at;
    texts.push(
      `${heads[at % gates]},"id":"${uuid(morning.seed, number)}","time":"${time}","seq":${Math.floor(at / gates) + 1},"monons":"${nanoseconds}","sentmonons":"${nanoseconds}","sitetime":"${time}","sitetimemethod":"same-boot","sitetimeerrorms":20,"data":{"slot":"gate","cardHash":"${card(number)}","technology":"em4100"}}`,
    );
    if (texts.length < eventsOfBatch && at + 1 < count) continue;
    yield `[${texts.join(',')}]`;
    texts = [];
  }
}

/** Spread as random ones are: an index does not see that they are counted. */
function uuid(seed: number, number: number): string {
  const [a, b, c, d] = [mixed(seed, number), mixed(number, seed + 1), mixed(seed + 2, number), mixed(number, seed + 3)].map(hex) as [
    string,
    string,
    string,
    string,
  ];
  return `${a}-${b.slice(0, 4)}-4${b.slice(5)}-8${c.slice(1, 4)}-${c.slice(4)}${d}`;
}

const card = (number: number): string => Array.from({ length: 8 }, (_, part) => hex(mixed(number, part + 77))).join('');
const hex = (value: number): string => value.toString(16).padStart(8, '0');

/** murmur3's last step over both. */
function mixed(a: number, b: number): number {
  let h = Math.imul(a ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(b + 0x7f4a7c15, 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
