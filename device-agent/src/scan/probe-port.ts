/** Listens at one port and asks there, as plan-probes.ts says, until something is recognised. */
import type { Duplex } from 'node:stream';
import type { Clock } from '@tramhoc/base/clock';
import { maxHeardBytes, type Recognised } from '../drivers/discovery.ts';
import type { LinkSpec } from '../drivers/driver.ts';
import { readLink } from '../drivers/read-link.ts';
import type { OpenLink } from '../drivers/slot.ts';
import type { KindProbe, ProbeRound } from './plan-probes.ts';

export type PortFind = { kind: string } & Recognised;
export type PortVerdict = { find: PortFind | undefined /** Bytes that came and that no driver knows. */; strangeBytes: number };

/** A port that does not say that it is closed must not hold the scan. */
const closeWithinMs = 2_000;
/** A device may take its question for the end of what others were asked, and complain: then it is asked once more. */
const askTimes = 2;
/** Between two questions: a device that takes the first for half a command of its own gives it up meanwhile. */
const gapMs = 150;

/** Throws what `openLink` throws. A port that goes away meanwhile, or whose time is over (`signal`), found nothing. */
export async function probePort(
  port: string,
  rounds: readonly ProbeRound[],
  { openLink, clock, signal }: { openLink: OpenLink; clock: Clock; signal: AbortSignal },
): Promise<PortVerdict> {
  let strangeBytes = 0;
  for (const { serial, listening, asking } of rounds) {
    const spec: LinkSpec = { port, serial };
    const link = await openLink(spec, { clock, signal });
    const ear = listenTo(link, { clock, signal });
    try {
      const found = (await listen(ear, listening)) ?? (await ask(ear, link, asking));
      if (found !== undefined) return { find: found, strangeBytes: 0 };
      strangeBytes += ear.totalBytes();
      if (ear.gone()) break;
    } finally {
      ear.stop();
      await closed(link, clock);
    }
  }
  return { find: undefined, strangeBytes };
}

async function listen(ear: Ear, probes: readonly KindProbe[]): Promise<PortFind | undefined> {
  if (probes.length === 0) return undefined;
  // twice: the first frame may have begun before the port was open
  return ear.until(probes, 2 * Math.max(...probes.map(({ probe }) => probe.withinMs)));
}

async function ask(ear: Ear, link: Duplex, probes: readonly KindProbe[]): Promise<PortFind | undefined> {
  for (const each of probes) {
    if (ear.gone() || !link.writable) return undefined;
    for (let attempt = 0; attempt < askTimes; attempt += 1) {
      ear.forget();
      link.write(each.probe.ask!);
      const found = await ear.until([each], each.probe.withinMs);
      if (found !== undefined) return found;
      await ear.pause(gapMs);
      if (!ear.heard()) break;
    }
  }
  return undefined;
}

type Ear = {
  /** The first of `probes` that recognises what is heard within this time. */
  until(probes: readonly KindProbe[], withinMs: number): Promise<PortFind | undefined>;
  pause(ms: number): Promise<void>;
  /** Something came since `forget`. */
  heard(): boolean;
  forget(): void;
  totalBytes(): number;
  gone(): boolean;
  stop(): void;
};

function listenTo(link: Duplex, { clock, signal }: { clock: Clock; signal: AbortSignal }): Ear {
  let heard: Uint8Array = new Uint8Array();
  let totalBytes = 0;
  let gone = false;
  let look = (): void => undefined;
  const onAbort = (): void => {
    gone = true;
    look();
  };
  signal.addEventListener('abort', onAbort, { once: true });
  const reader = readLink(link, {
    onBytes(chunk) {
      totalBytes += chunk.length;
      const all = Buffer.concat([heard, chunk]);
      heard = new Uint8Array(all.subarray(Math.max(0, all.length - maxHeardBytes)));
      look();
    },
    onGone() {
      gone = true;
      look();
    },
  });
  const until = (probes: readonly KindProbe[], withinMs: number): Promise<PortFind | undefined> =>
    new Promise((resolve) => {
      const settle = (found: PortFind | undefined): void => {
        timer.cancel();
        look = () => undefined;
        resolve(found);
      };
      const timer = clock.after(withinMs, () => settle(undefined));
      look = () => {
        const found = recognisedBy(probes, heard);
        if (found !== undefined || gone || signal.aborted) settle(found);
      };
      look();
    });
  return {
    until,
    pause: async (ms) => void (await until([], ms)),
    heard: () => heard.length > 0,
    forget() {
      heard = new Uint8Array();
    },
    totalBytes: () => totalBytes,
    gone: () => gone || signal.aborted,
    stop() {
      signal.removeEventListener('abort', onAbort);
      reader.stop();
    },
  };
}

function recognisedBy(probes: readonly KindProbe[], heard: Uint8Array): PortFind | undefined {
  if (heard.length === 0) return undefined;
  for (const { kind, probe } of probes) {
    const recognised = probe.recognise(heard);
    if (recognised === undefined) continue;
    return { kind, evidence: recognised.evidence, config: { ...probe.config, ...recognised.config } };
  }
  return undefined;
}

/** The port must be free again before it is opened with other settings. */
async function closed(link: Duplex, clock: Clock): Promise<void> {
  link.on('error', () => undefined);
  if (link.closed) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  link.once('close', () => resolve());
  const late = clock.after(closeWithinMs, resolve);
  link.destroy();
  await promise;
  late.cancel();
}
