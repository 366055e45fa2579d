/** A district from one seed: a centre, sites, devices, and the wires between them. Everything is built here and nothing happens yet. */
import type { Log } from '@tramhoc/base/log';
import { DeviceId, SiteId } from '@tramhoc/protocol/ids';
import type { AgentNotice } from '@tramhoc/protocol/local-link';
import { type Early, mustBeAtCentre, mustBeStored } from './acknowledgement-checks.ts';
import { agentDatabase, agentSoftware, type Device } from './agent-computer.ts';
import { acknowledgingEarly, alwaysTheSameEpoch, diskVariant, type VariantName } from './broken-variants.ts';
import { type Centre, centreSoftware } from './centre-computer.ts';
import { type Line, newLine } from './centre-wire.ts';
import { type Computer, type ComputerEvents, createComputer } from './computer.ts';
import type { Dice } from './dice.ts';
import { exchanged, outlived, retiredAtSite } from './exchanged-disk.ts';
import type { Faults } from './fault-options.ts';
import { createLedger, type Ledger } from './ledger.ts';
import { type Cable, newCable } from './mqtt-cable.ts';
import { createDisk, type SimulatedDisk } from './simulated-disk.ts';
import { type Site, siteSoftware } from './site-computer.ts';
import { createLoop, type Owner, type VirtualLoop } from './virtual-loop.ts';

export type Place<Role> = {
  computer: Computer;
  /** What runs on it, while it does. */
  serving: Role | undefined;
  /** What a damaged disk held before it was damaged. */
  held: Set<string> | undefined;
  image: ReturnType<SimulatedDisk['image']> | undefined;
  willExchange: boolean;
};
export type DevicePlace = Place<Device> & { siteId: SiteId; deviceId: DeviceId; cable: Cable; outboxMaxBytes: number };
export type SitePlace = Place<Site> & { siteId: SiteId; brokerId: DeviceId; line: Line; devices: DevicePlace[]; maxStoreBytes: number };
export type District = {
  loop: VirtualLoop & { crashed(error: unknown): void };
  dice: Dice;
  world: Owner;
  centre: Place<Centre>;
  sites: SitePlace[];
  devices: DevicePlace[];
  ledger: Ledger;
  counts: Map<string, number>;
  count(what: string): void;
  violations: string[];
  violation(what: string): void;
  /** Faults have stopped. */
  mended(): boolean;
  mend(): void;
  close(): void;
};

export type DistrictOptions = {
  dice: Dice;
  faults: Faults;
  variant?: VariantName | undefined;
  /** A line for everything that happens. */
  print?: ((line: string) => void) | undefined;
  /** Half a dozen devices instead of one or two. */
  large?: boolean | undefined;
  /** Says nothing at once when a promise is broken: the comparison at the end must find it. */
  ledgerOnly?: boolean | undefined;
};

export function createDistrict({ dice, faults, variant, print, ledgerOnly, large = false }: DistrictOptions): District {
  const counts = new Map<string, number>();
  const violations: string[] = [];
  const count = (what: string): void => void counts.set(what, (counts.get(what) ?? 0) + 1);
  const violation = (what: string): void => {
    loop.trace.note('VIOLATION', what);
    if (violations.length < 20) violations.push(what);
  };
  const early = ledgerOnly === true ? (): void => undefined : violation;
  const loop = createLoop({
    print,
    onCrash: (owner, error) => violation(`${owner.name} crashed: ${String((error as Error)?.stack ?? error)}`),
  });
  const ledger = createLedger(early);
  const world: Owner = { name: 'world', alive: true, busyUntilMs: 0 };
  const base = { loop, dice, world, ledger, counts, count, violations, violation };
  let mended = false;
  const parts: Parts = { ...base, faults, variant, print, early, large, events: undefined as never, district: () => district };
  parts.events = computerEvents(parts);
  const sites = Array.from({ length: dice.pick(large ? [2, 2, 3] : [1, 1, 1, 2]) }, (_, index) => newSite(parts, index));
  const devices = sites.flatMap((site) => site.devices);
  const district: District = {
    ...base,
    ...{ centre: newCentre(parts, sites), sites, devices },
    mended: () => mended,
    mend: () => (mended = true),
    close() {
      for (const { computer } of [district.centre, ...sites, ...devices]) computer.disk.close();
    },
  };
  return district;
}

type Parts = Omit<District, 'centre' | 'sites' | 'devices' | 'close' | 'mend' | 'mended'> & {
  faults: Faults;
  variant: VariantName | undefined;
  print: ((line: string) => void) | undefined;
  large: boolean;
  early: Early;
  events: ComputerEvents;
  district(): District;
};

const newPlace = { serving: undefined, held: undefined, image: undefined, willExchange: false };

function diskOf(
  parts: Parts,
  { name, role, capped = false }: { name: string; role: 'agent' | 'site' | 'centre'; capped?: boolean },
  onCommit: SimulatedDisk['onCommit'],
): SimulatedDisk {
  return createDisk(name, {
    nowMs: () => parts.loop.nowMs,
    count: parts.count,
    onCommit,
    variant: diskVariant(parts.variant, role),
    capped,
  });
}

function newSite(parts: Parts, index: number): SitePlace {
  const { dice, loop, faults, count, ledger } = parts;
  const siteId = SiteId.parse(`school-${index + 1}`);
  const brokerId = DeviceId.parse(dice.uuid());
  const name = `site-${index + 1}`;
  const capped = dice.chance(0.2);
  const disk = diskOf(parts, { name, role: 'site', capped }, (path, done) => {
    ledger.siteCommitted(disk, path, done);
    for (const item of done) if (item.what === 'retired') retiredAtSite(parts.district(), item.bodies);
  });
  const line: Line = { ...newLine(), loseRequest: faults.loseRequest, loseAnswer: faults.loseAnswer, late: faults.lateRequest };
  line.twice = faults.requestTwice;
  const maxStoreBytes = capped ? dice.whole(148, 200) * 1_024 : 64 * 1_024 * 1_024;
  const wire = { loop, dice: dice.fork(), line, siteId, port: () => parts.district().centre.serving, count };
  const log = logOf(parts, name);
  const software = siteSoftware({
    ...{ siteId, brokerId, disk, wire, loop, log, maxStoreBytes },
    rulesOf: (rules) => (parts.variant === 'ack-before-commit' ? acknowledgingEarly(rules) : rules),
    onServing(serving) {
      site.serving = serving;
    },
    beforePuback: (_peer, payload) => mustBeStored(parts.early, disk, payload),
  });
  const computer = createComputer(name, { loop, dice: dice.fork(), disk, software: () => software, events: parts.events });
  const site: SitePlace = { ...newPlace, computer, siteId, brokerId, line, maxStoreBytes, devices: [] };
  const deviceCount = dice.pick(parts.large ? [1, 2, 2, 3] : [1, 1, 1, 2]);
  for (let number = 1; number <= deviceCount; number += 1) site.devices.push(newDevice(parts, site, `agent-${index + 1}.${number}`));
  return site;
}

function newDevice(parts: Parts, site: SitePlace, name: string): DevicePlace {
  const { dice, loop, faults, count, violation, ledger } = parts;
  const deviceId = DeviceId.parse(dice.uuid());
  const { siteId } = site;
  const disk = diskOf(parts, { name, role: 'agent' }, (path, done) => ledger.committed(deviceId, disk, path, done));
  const cable: Cable = { ...newCable(), duplicate: faults.publishTwice };
  // a site's cap is many times what one device may send at once, in the product as here
  const small = site.computer.disk.capped || dice.chance(0.2);
  const outboxMaxBytes = small ? dice.whole(5, 14) * 1_024 : 4 * 1_024 * 1_024;
  const peer = { siteId, deviceId, address: '127.0.0.1', notAfterMs: Date.UTC(9999, 0) };
  const trustsSending = parts.variant === 'remove-before-puback';
  const wire = {
    ...{ loop, dice: dice.fork(), cable, peer, port: () => site.serving?.port, count, violation, trustsSending },
    siteDisks: () => site.computer.disk.exchanges,
    outlived: (payload: Buffer) => outlived(parts.district(), device, payload),
  };
  const software = agentSoftware({
    ...{ siteId, deviceId, disk, wire, dice: dice.fork(), log: logOf(parts, name), outboxMaxBytes, portRefused: faults.portRefused },
    onServing(serving) {
      device.serving = serving;
    },
    onNotice: (notice) => noticed(parts, device, notice),
  });
  const computer = createComputer(name, {
    ...{ loop, dice: dice.fork(), disk, events: parts.events },
    software: () =>
      parts.variant === 'seq-reused'
        ? {
            start(program) {
              alwaysTheSameEpoch(program);
              return software.start(program);
            },
          }
        : software,
  });
  const device: DevicePlace = { ...newPlace, computer, siteId, deviceId, cable, outboxMaxBytes };
  return device;
}

function newCentre(parts: Parts, sites: readonly SitePlace[]): Place<Centre> {
  const { loop, dice } = parts;
  const disk = diskOf(parts, { name: 'centre', role: 'centre' }, () => undefined);
  const enrolled = sites.map(({ siteId, brokerId, devices }) => ({ siteId, brokerId, agents: devices.map(({ deviceId }) => deviceId) }));
  const software = centreSoftware({
    ...{ disk, enrolled, loop, log: logOf(parts, 'centre') },
    onServing(serving) {
      centre.serving = serving;
    },
    onAnswer: (_siteId, batch) => mustBeAtCentre(parts.early, disk, batch),
  });
  const computer = createComputer('centre', { loop, dice: dice.fork(), disk, software: () => software, events: parts.events });
  const centre: Place<Centre> = { ...newPlace, computer };
  return centre;
}

function noticed({ ledger, loop, count }: Parts, { computer }: DevicePlace, notice: AgentNotice): void {
  if (notice.notice === 'tap.accepted') {
    loop.trace.note(computer.name, `tap accepted ${notice.tapId}`);
    count('taps accepted');
    ledger.presented(notice.tapId, computer.disk.platters.get(agentDatabase));
  } else if (notice.notice === 'tap.refused') {
    loop.trace.note(computer.name, `tap refused ${notice.code}`);
    count('taps refused');
  }
}

/** What a start may fail with when its disk is full, failing or damaged. */
const diskFaults = new Set(['DISK_FULL', 'STORE_CORRUPT', 'DISK_FAILED', 'SQLITE_IOERR_FSYNC']);

function computerEvents(parts: Parts): ComputerEvents {
  const { count, violation, loop } = parts;
  return {
    started: () => count('program starts'),
    ended: () => undefined,
    refusedToStart(computer, code, error) {
      count(`starts refused: ${code}`);
      if (!diskFaults.has(code)) violation(`${computer.name} does not start: ${error.stack ?? error.message}`);
    },
    lostCommits: (computer, commits) => {
      loop.trace.note(computer.name, `${commits} commits lost with the power`);
      count('commits lost with the power');
    },
    violation,
    exchanging: (computer, image) => exchanged(parts.district(), computer, image),
  };
}

const nothing = (): void => undefined;
const silent: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing, child: () => silent };

function logOf({ print, loop }: Parts, name: string): Log {
  if (print === undefined) return silent;
  const say = (fields: Readonly<Record<string, unknown>>, message: string): void => {
    const { err, ...rest } = fields as { err?: unknown };
    const fault = err === undefined ? '' : ` ${err instanceof Error ? err.message : String(err)}`;
    loop.trace.say(name, `  ${message}${fault} ${JSON.stringify(rest)}`);
  };
  const log: Log = { debug: nothing, info: nothing, warn: say, error: say, child: () => log };
  return log;
}
