/** A computer gets another disk, an older image of its own or an empty card: what may be missing from then on. */
import BetterSqlite3 from 'better-sqlite3';
import { eventIdsIn } from './acknowledgement-checks.ts';
import { agentDatabase } from './agent-computer.ts';
import { centreDatabase } from './centre-computer.ts';
import type { Computer } from './computer.ts';
import type { DevicePlace, District, Place, SitePlace } from './district.ts';
import { declaredLosses, excuse, idsIn } from './ledger.ts';
import type { DiskImage } from './simulated-disk.ts';
import { siteDatabase } from './site-computer.ts';

/** Called just before it happens: what only this disk has is gone for good, and nobody is to blame. */
export function exchanged(district: District, computer: Computer, image: Place<unknown>['image']): void {
  if (computer === district.centre.computer) {
    centreExchanged(district, image!);
    return;
  }
  const { sites, devices, centre, ledger, loop, count } = district;
  const why =
    image === undefined ? 'its last copy was on a card that was wiped' : 'its last copy was made after the image that was put back';
  const open = (bytes: Buffer): BetterSqlite3.Database => new BetterSqlite3(bytes);
  const isDevice = devices.find((device) => device.computer === computer);
  const place = isDevice ?? sites.find((site) => site.computer === computer)!;
  const path = isDevice === undefined ? siteDatabase : agentDatabase;
  const table = isDevice === undefined ? ('event' as const) : ('queue' as const);
  const elsewhere = copiesOutside(district, place);
  const held = new Set([...idsIn(rawOf(computer, path), table), ...(place.held ?? [])]);
  const mine = new Set(isDevice === undefined ? (place as SitePlace).devices.map(({ deviceId }) => deviceId) : [isDevice.deviceId]);
  // a damaged disk took more after it was damaged, and cannot be asked any more what it has
  if (place.held !== undefined) for (const entry of ledger.accepted.values()) if (mine.has(entry.device)) held.add(entry.id);
  // what was given up, and the record of it may go with this disk
  const declared = declaredLosses(rawOf(centre.computer, centreDatabase)!);
  for (const entry of ledger.accepted.values()) if (entry.evicted && mine.has(entry.device) && !declared(entry)) held.add(entry.id);
  const gone = excuse({ ledger, image, path, held, open, table, elsewhere }, why);
  for (let times = 0; times < gone; times += 1) count('events lost with a disk, as they may be');
  for (const deviceId of mine) ledger.disordered.add(deviceId);
  place.held = undefined;
  place.willExchange = false;
  loop.trace.note(computer.name, image === undefined ? `empty card, ${gone} lost` : `older image, ${gone} lost`);
}

/** What a site still has it sends again; the rest was only here. */
function centreExchanged(district: District, image: DiskImage): void {
  const { centre, ledger, count, loop } = district;
  const old = new BetterSqlite3(image.databases.get(centreDatabase)!);
  const held = idsIn(rawOf(centre.computer, centreDatabase), 'events');
  const copies = [idsIn(old, 'events'), ...copiesOutside(district, centre)];
  const declared = declaredLosses(old);
  let gone = 0;
  for (const entry of ledger.accepted.values()) {
    const mayGo = held.has(entry.id) || (entry.evicted && !declared(entry));
    if (!mayGo || entry.excused !== undefined || copies.some((ids) => ids.has(entry.id))) continue;
    entry.excused = 'the centre was put back from a copy that is older, and nobody else had it any more';
    count('events lost with a disk, as they may be');
    gone += 1;
  }
  old.close();
  centre.willExchange = false;
  loop.trace.note(centre.computer.name, `an older copy, ${gone} lost`);
}

/** A site lets go what the centre has said that it holds. If the centre was put back since and the site does not know it yet, it was the last copy. */
export function retiredAtSite(district: District, bodies: readonly string[]): void {
  const { centre, ledger, count } = district;
  if (centre.computer.disk.exchanges === 0) return;
  const copies = copiesOutside(district, undefined);
  for (const id of bodies.flatMap(eventIdsIn)) {
    const entry = ledger.accepted.get(id);
    if (entry === undefined) continue;
    entry.letGo = true;
    if (entry.excused !== undefined || copies.some((known) => known.has(id))) continue;
    entry.excused = 'its site let it go before it knew that the centre had been put back';
    count('events lost with a disk, as they may be');
  }
}

/**
 * The device will forget what its site acknowledged, and rightly so; the disk that had it was exchanged while the acknowledgement was under way, when
 * the device still had a copy. So the copy on the disk of the site was the last one that counted.
 */
export function outlived(district: District, device: DevicePlace, payload: Buffer): void {
  const { ledger, count, loop } = district;
  const elsewhere = copiesOutside(district, device);
  for (const id of eventIdsIn(payload.toString('utf8'))) {
    const entry = ledger.accepted.get(id);
    if (entry === undefined || entry.excused !== undefined || elsewhere.some((ids) => ids.has(id))) continue;
    entry.excused = 'the disk that it was acknowledged from was exchanged before the acknowledgement arrived';
    count('events lost with a disk, as they may be');
    loop.trace.note(device.computer.name, 'acknowledged by a disk that is gone');
  }
}

/** Ids on every disk but this one. */
function copiesOutside({ sites, devices, centre }: District, place: Place<unknown> | undefined): Set<string>[] {
  const others = [...devices, ...sites].filter((other) => other !== place);
  return [
    ...(place === centre ? [] : [idsIn(rawOf(centre.computer, centreDatabase), 'events')]),
    ...others.map((other) =>
      'deviceId' in other ? idsIn(rawOf(other.computer, agentDatabase), 'queue') : idsIn(rawOf(other.computer, siteDatabase), 'event'),
    ),
  ];
}

const rawOf = ({ disk }: Computer, path: string): BetterSqlite3.Database | undefined => disk.platters.get(path)?.raw;
