/** Carries out one fault, and mends it after a while. What really happened is counted, so that one sees that the faults occur. */

import { restoredName } from '@tramhoc/base/backup';
import { agentDatabase } from './agent-computer.ts';
import { historyBeginsMs } from './computer.ts';
import type { DevicePlace, District, Place, SitePlace } from './district.ts';
import type { FaultName } from './fault-options.ts';
import { idsIn } from './ledger.ts';
import { siteDatabase } from './site-computer.ts';

const second = 1_000;
const minute = 60_000;
const day = 86_400_000;

/** Who a fault may meet. `owner`: a device or a site, which can lose its disk; the centre cannot. */
type Scene = {
  district: District;
  device: DevicePlace;
  site: SitePlace;
  anybody: Place<unknown>;
  owner: Place<unknown>;
  happened(what: string, who: Place<unknown>): void;
  later(ms: number, mend: () => void): void;
};

export function injectFault(name: FaultName, district: District): void {
  const { dice, loop, world, count } = district;
  const device = dice.pick(district.devices);
  const site = dice.pick(district.sites);
  carryOut[name]?.({
    ...{ district, device, site },
    anybody: dice.pick<Place<unknown>>([...district.devices, ...district.sites, district.centre]),
    owner: dice.chance(0.65) ? device : site,
    later: (ms, mend) => void loop.at(world, ms, 'mend', mend),
    happened(what, { computer }) {
      count(what);
      loop.trace.note(computer.name, what);
    },
  });
}

/** Sets `what[key]`, and back after a while. */
function forAWhile<T extends object>(what: T, change: Partial<T>, { later, district }: Scene, [from, to]: readonly [number, number]): void {
  const before = Object.fromEntries(Object.keys(change).map((key) => [key, calm[key as keyof typeof calm]]));
  Object.assign(what, change);
  later(district.dice.between(from, to), () => void Object.assign(what, before));
}
const calm = { down: false, slow: false, full: false, slowMs: 0 };

/** Faults that belong to each publish, request or port are not here: they are set when the district is built. */
const carryOut: Partial<Record<FaultName, (scene: Scene) => void>> = {
  cutCable({ device, happened }) {
    happened('cables cut', device);
    for (const connection of [...device.cable.connections]) connection.cut();
  },
  hangCable({ device, happened }) {
    happened('cables that hang', device);
    for (const connection of [...device.cable.connections]) connection.hang();
  },
  unplugCable(scene) {
    scene.happened('cables unplugged for a while', scene.device);
    forAWhile(scene.device.cable, { down: true }, scene, [second, minute]);
  },
  slowCable(scene) {
    scene.happened('slow cables', scene.device);
    forAWhile(scene.device.cable, { slow: true }, scene, [5 * second, minute]);
  },
  cutLine(scene) {
    scene.happened('lines to the centre cut', scene.site);
    forAWhile(scene.site.line, { down: true }, scene, [second, 5 * minute]);
  },
  slowLine(scene) {
    scene.happened('slow lines to the centre', scene.site);
    forAWhile(scene.site.line, { slow: true }, scene, [5 * second, minute]);
  },
  killAgent: ({ device, district }) => kill(device, district, 'agents killed'),
  killBroker: ({ site, district }) => kill(site, district, 'brokers killed'),
  killCentre: ({ district }) => kill(district.centre, district, 'centres killed'),
  killInside: ({ anybody, district }) => killInside(anybody, district),
  stopProgram({ anybody, happened, district }) {
    if (!anybody.computer.running) return;
    happened('programs stopped and started', anybody);
    anybody.computer.stop(district.dice.between(100, 10 * second));
  },
  cutPower({ anybody, happened, district }) {
    happened('power cuts', anybody);
    anybody.computer.cutPower(district.dice.between(500, 40 * second));
  },
  deadClock({ owner, happened, district }) {
    happened('dead clock batteries', owner);
    owner.computer.deadClockMs = district.dice.pick([Date.UTC(2000, 0, 1), Date.UTC(1970, 0, 1), Date.UTC(2015, 5, 1)]);
    owner.computer.cutPower(district.dice.between(second, 20 * second));
  },
  jumpClock({ anybody, happened, district: { dice } }) {
    happened('wall clocks that jump', anybody);
    anybody.computer.wallOffsetMs = dice.chance(0.3) ? 0 : dice.between(-9_000 * day, 400 * day);
  },
  leap: ({ district }) => leap(district.dice.between(0.2, 3), district),
  centreAway: ({ district }) => centreAway(district),
  takeImage({ owner, happened }) {
    if (owner.held !== undefined) return;
    happened('images taken', owner);
    owner.image = owner.computer.disk.image();
  },
  restoreImage: ({ district }) => restoreImage(district),
  restoreCentre: ({ district }) => restoreCentre(district),
  wipeCard: ({ owner, district }) => exchange(owner, district, undefined),
  fullDisk(scene) {
    scene.happened('full disks', scene.anybody);
    forAWhile(scene.anybody.computer.disk, { full: scene.district.dice.pick(['statement', 'commit']) }, scene, [2 * second, 2 * minute]);
  },
  failCommits({ anybody, happened, district }) {
    happened('failing disks', anybody);
    anybody.computer.disk.failingCommits = district.dice.whole(1, 6);
  },
  slowDisk(scene) {
    scene.happened('slow disks', scene.anybody);
    forAWhile(scene.anybody.computer.disk, { slowMs: scene.district.dice.between(20, 1_500) }, scene, [5 * second, minute]);
  },
  damagePage: ({ owner, district }) => damagePage(owner, district),
};

function kill({ computer }: Place<unknown>, { dice, count, loop }: District, what: string): void {
  if (computer.program === undefined) return;
  count(what);
  loop.trace.note(computer.name, what);
  computer.kill(dice.between(50, 15_000));
}

/** The program dies at one of its next operations on the disk: in a transaction, or with the commit done and nobody told. */
function killInside({ computer }: Place<unknown>, { dice, count, loop }: District): void {
  const when = dice.pick(['statement', 'before-commit', 'after-commit', 'after-commit', 'file'] as const);
  const power = dice.chance(0.4);
  computer.disk.killPlan = {
    when,
    countdown: dice.whole(1, when === 'statement' ? 40 : 6),
    kill() {
      count(power ? `power cut ${when}` : `killed ${when}`);
      loop.trace.note(computer.name, power ? `power cut ${when}` : `killed ${when}`);
      if (power) computer.cutPower(dice.between(500, 20_000));
      else computer.kill(dice.between(50, 15_000));
    },
  };
}

function leap(days: number, { loop, count, mended }: District): void {
  if (mended()) return;
  count('leaps of days');
  loop.trace.note('world', `${days.toFixed(1)} days pass`);
  loop.leap(days * day);
}

/** Weeks in which people go on tapping and the centre is not there. */
function centreAway(district: District): void {
  const { dice, loop, world, centre, count } = district;
  count('centres away for weeks');
  loop.trace.note('centre', 'away for weeks');
  const steps = dice.whole(3, 8);
  const days = dice.between(10, 45);
  centre.computer.cutPower(days * day + steps * 10 * second);
  for (let step = 1; step <= steps; step += 1) loop.at(world, step * 5 * second, 'leap', () => leap(days / steps, district));
}

function exchange(place: Place<unknown>, { dice, count, loop, centre }: District, image: Place<unknown>['image']): void {
  if (place.willExchange) return;
  place.willExchange = true;
  const disk = image === undefined ? 'cards wiped' : 'older images put back';
  const what = place === centre ? 'centres put back from a copy' : disk;
  count(what);
  loop.trace.note(place.computer.name, what);
  place.computer.exchangeDisk(dice.between(5_000, 40_000), image);
}

/** Somebody puts an older image back; where nobody has one, one is made now and put back a little later. */
function restoreImage(district: District): void {
  const { dice, loop, world, devices, sites } = district;
  const all: Place<unknown>[] = [...devices, ...sites];
  const place = dice.pick(all.some(({ image }) => image !== undefined) ? all.filter(({ image }) => image !== undefined) : all);
  if (place.held !== undefined) return;
  if (place.image !== undefined) {
    exchange(place, district, place.image);
    return;
  }
  place.image = place.computer.disk.image();
  loop.at(world, dice.between(2_000, 20_000), 'restore', () => {
    if (!district.mended()) exchange(place, district, place.image);
  });
}

/** What `tramhoc restore` does with a copy that was made a while ago; the note it leaves makes the centre tell all sites everything. */
function restoreCentre(district: District): void {
  const { dice, loop, world, centre } = district;
  const { disk } = centre.computer;
  if (disk.platters.size === 0 || centre.willExchange) return;
  const image = centre.image ?? disk.image();
  centre.image = image;
  loop.at(world, dice.between(second, minute), 'restore', () => {
    if (district.mended()) return;
    // whoever restores looks at a clock that is right
    const restoredAt = new Date(historyBeginsMs + loop.nowMs).toISOString();
    image.texts.set(`/centre/${restoredName}`, JSON.stringify({ restoredAt }));
    exchange(centre, district, image);
  });
}

/** Rubbish in one page of a database. Somebody notices within minutes and gives the computer another disk. */
function damagePage(place: Place<unknown>, district: District): void {
  const { dice, count, loop, world } = district;
  const { computer } = place;
  if (place.willExchange || computer.disk.platters.size === 0) return;
  const isDevice = computer.disk.platters.has(agentDatabase);
  const path = isDevice ? agentDatabase : siteDatabase;
  const platter = computer.disk.platters.get(path);
  computer.cutPower(dice.between(500, 10_000));
  place.held = idsIn(platter?.raw, isDevice ? 'queue' : 'event');
  if (!computer.disk.damage(path, dice)) return;
  count('pages damaged');
  loop.trace.note(computer.name, 'a page is damaged');
  place.willExchange = true;
  loop.at(world, dice.between(minute / 2, 3 * minute), 'replace', () => {
    place.willExchange = false;
    exchange(place, district, dice.chance(0.5) ? place.image : undefined);
  });
}
