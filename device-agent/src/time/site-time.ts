/** Asks the site broker what time it is, and remembers a time that is past for certain. Rules: clock-quality-machine.ts. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Clock, every } from '@tramhoc/base/clock';
import { type Disk, localDisk } from '@tramhoc/base/disk';
import type { Log } from '@tramhoc/base/log';
import type { ClockQuality } from '@tramhoc/protocol/event';
import { z } from 'zod';
import { betterSample, clockQuality, type SiteSample, siteSample, siteTime } from './clock-quality-machine.ts';

export type SiteTime = {
  quality(): ClockQuality;
  /** Wall time as the site has it; undefined when nobody told it lately. */
  nowMs(): number | undefined;
  /** Call on connecting. Never rejects. */
  ask(): Promise<void>;
  close(): void;
};

const askEveryMs = 10 * 60_000;
/** The floor is a hint that needs no more than this; flash wears out. */
const saveFloorEveryMs = 3_600_000;
const Floor = z.object({ wallMs: z.int() });

/** systemd-timesyncd makes this file once it has set the clock in this boot. Other NTP daemons leave no such mark: then the site's word counts. */
const timesyncdMark = '/run/systemd/timesync/synchronized';
export const ntpSynced = (): boolean => existsSync(timesyncdMark);

export function createSiteTime({
  dataDir,
  clock,
  log,
  askSite,
  isNtpSynced = ntpSynced,
  disk = localDisk,
}: {
  dataDir: string;
  clock: Clock;
  log: Log;
  /** The `time` request; rejects when nobody can be asked. */
  askSite(): Promise<{ wallMs: number }>;
  isNtpSynced?: () => boolean;
  disk?: Disk;
}): SiteTime {
  const floorPath = join(dataDir, 'clock-floor.json');
  let floorMs = readFloor(floorPath, disk);
  let floorSavedAtMs = Number.NEGATIVE_INFINITY;
  let sample: SiteSample | undefined;
  let ntp = isNtpSynced();
  let asking = false;
  const saveFloor = (siteMs: number): void => {
    if (siteMs <= floorMs || clock.monotonicMs() - floorSavedAtMs < saveFloorEveryMs) return;
    floorMs = siteMs;
    floorSavedAtMs = clock.monotonicMs();
    try {
      disk.writeFileAtomic(floorPath, `${JSON.stringify({ wallMs: Math.floor(siteMs) })}\n`);
    } catch (err) {
      log.warn({ err }, 'the clock floor could not be written');
    }
  };
  const ask = async (): Promise<void> => {
    ntp = isNtpSynced();
    if (asking) return;
    asking = true;
    try {
      const askedMs = clock.monotonicMs();
      const { wallMs } = await askSite();
      const next = siteSample({ siteMs: wallMs, askedMs, answeredMs: clock.monotonicMs() });
      if (next === undefined) return;
      sample = betterSample(sample, next, clock.monotonicMs());
      saveFloor(next.siteMs);
      log.debug({ offsetMs: Math.round(wallMs - clock.wallMs()), errorMs: Math.round(next.errorMs) }, 'site time compared');
    } catch {
      // nobody there: asked again on connecting and in ten minutes
    } finally {
      asking = false;
    }
  };
  const asks = every(clock, askEveryMs, ask);
  return {
    quality: () => clockQuality({ wallMs: clock.wallMs(), monotonicMs: clock.monotonicMs() }, { sample, floorMs, ntpSynced: ntp }),
    nowMs: () => siteTime(sample, clock.monotonicMs())?.ms,
    ask,
    close: () => asks.cancel(),
  };
}

function readFloor(path: string, disk: Disk): number {
  try {
    return Floor.safeParse(disk.readJsonFileIfAny(path)).data?.wallMs ?? 0;
  } catch {
    return 0;
  }
}
