/** The long poll: one HTTPS request that the site keeps open, so that a wish or a revocation is here within a second and no port is open. */
import { backoffMs } from '@tramhoc/base/backoff';
import type { Clock } from '@tramhoc/base/clock';
import type { Log } from '@tramhoc/base/log';
import type { Random } from '@tramhoc/base/random';
import { DeviceCommand } from '@tramhoc/protocol/command';
import { isTramError, TramError } from '@tramhoc/protocol/errors';
import { faults } from '@tramhoc/protocol/event';
import { DeviceId, SiteId } from '@tramhoc/protocol/ids';
import { longPollMs } from '@tramhoc/protocol/limits';
import { SiteRoster } from '@tramhoc/protocol/roster';
import { DesiredDocument } from '@tramhoc/protocol/twin';
import { Revocation } from '@tramhoc/protocol/upstream';
import { z } from 'zod';
import type { CentreLink } from '../upstream/centre-link.ts';
import type { Wishes, WishStore } from './wishes.ts';

export type DownlinkState = { connected: boolean; lastAnswerMs: number | undefined; code: string | undefined };
export type Downlink = { state(): DownlinkState; close(): Promise<void> };

/** The answer, each part to be read on its own: a document that this version cannot read must not keep a revocation out. */
const Answer = z.object({
  siteId: SiteId,
  cursor: z.int().min(0),
  documents: z.array(z.unknown()).default([]),
  revocations: z.array(z.unknown()).default([]),
  roster: z.unknown().optional(),
  commands: z.array(z.unknown()).default([]),
});
const NamedCommand = z.object({ device: DeviceId, command: DeviceCommand });
const NamedDocument = z.object({ device: DeviceId, document: DesiredDocument });

/** Revocations ought to be here within 5 s of the line coming back. */
const retry = { firstMs: 500, maxMs: 30_000 };
/** A full roster is 4 MB. */
const maxAnswerBytes = 16 * 1024 * 1024;
/** An empty answer at once, again and again, comes from a centre (or a proxy) that does not hold the poll. */
const minEmptyRoundMs = 1_000;

export function startDownlink(options: {
  centre: CentreLink;
  wishes: WishStore;
  siteId: SiteId;
  clock: Clock;
  random: Random;
  log: Log;
  count(outcome: string): void;
  /** It answers, for the first time or again. */
  onReached(): void;
  /** Before anything is stored: a full disk must not keep a revoked device in. */
  onRevoked(devices: readonly DeviceId[]): void;
  /** After the wishes are on disk. */
  onWishes(wishes: Wishes): void;
}): Downlink {
  const { centre, wishes, siteId, clock, random, log } = options;
  const stop = new AbortController();
  const state: DownlinkState = { connected: false, lastAnswerMs: undefined, code: undefined };

  /** Whether there was anything new. */
  const poll = async (): Promise<boolean> => {
    const answer = await centre.request({
      method: 'GET',
      path: `/v1/desired?after=${wishes.cursor()}`,
      timeoutMs: longPollMs + 10_000,
      signal: stop.signal,
      maxBytes: maxAnswerBytes,
    });
    if (answer.status === 204) return false;
    if (answer.status !== 200)
      throw new TramError('CENTRE_REFUSED', `the centre answered ${answer.status} to the poll for wishes; look at its log.`);
    const understood = readAnswer(answer.body, siteId, log);
    if (understood.cursor === wishes.cursor() && isEmpty(understood)) return false;
    options.onRevoked(understood.revocations.map(({ device }) => device));
    wishes.keep(understood);
    options.onWishes(understood);
    log.info(
      {
        cursor: understood.cursor,
        documents: understood.documents.length,
        revocations: understood.revocations.length,
        rosterVersion: understood.roster?.version,
      },
      'wishes of the centre stored',
    );
    return true;
  };

  const run = async (): Promise<void> => {
    for (let attempt = 0; !stop.signal.aborted; ) {
      const startedMs = clock.monotonicMs();
      try {
        const news = await poll();
        attempt = 0;
        if (!state.connected) {
          log.info({}, 'the centre can be reached');
          options.onReached();
        }
        Object.assign(state, { connected: true, lastAnswerMs: clock.wallMs(), code: undefined });
        options.count('ok');
        const left = minEmptyRoundMs - (clock.monotonicMs() - startedMs);
        if (!news && left > 0) await clock.sleep(left, stop.signal);
      } catch (err) {
        if (stop.signal.aborted) return;
        attempt += 1;
        const code = isTramError(err) ? err.code : 'INTERNAL';
        const delayMs = backoffMs({ attempt, fraction: random.fraction() }, retry);
        if (state.connected || attempt === 1 || attempt % 20 === 0)
          log.warn(
            { code, attempt, delayMs: Math.round(delayMs), err: (err as Error).message },
            'no wishes from the centre; devices are served all the same',
          );
        Object.assign(state, { connected: false, code });
        options.count(code);
        await clock.sleep(delayMs, stop.signal).catch(() => undefined);
      }
    }
  };
  const done = run().catch(() => undefined);
  return {
    state: () => ({ ...state }),
    async close() {
      stop.abort();
      await done;
    },
  };
}

const isEmpty = ({ documents, revocations, roster, commands = [] }: Wishes): boolean =>
  documents.length === 0 && revocations.length === 0 && commands.length === 0 && roster === undefined;

/** Throws CENTRE_REFUSED when the whole cannot be read or is meant for another site. */
function readAnswer(body: Buffer, siteId: SiteId, log: Log): Wishes {
  let json: unknown;
  try {
    json = JSON.parse(body.toString('utf8'));
  } catch (cause) {
    throw new TramError('CENTRE_REFUSED', 'the answer to the poll for wishes is not JSON; check what stands between site and centre.', {
      cause,
    });
  }
  const answer = Answer.safeParse(json);
  if (!answer.success) throw new TramError('CENTRE_REFUSED', `the answer to the poll for wishes is not ours: ${faults(answer.error)}`);
  if (answer.data.siteId !== siteId)
    throw new TramError(
      'CENTRE_REFUSED',
      `the centre answered for site ${answer.data.siteId}; this is ${siteId}. Check the site's certificate.`,
    );
  let skipped = false;
  const each = <T>(items: readonly unknown[], schema: z.ZodType<T>, what: string): T[] =>
    items.flatMap((item) => {
      const parsed = schema.safeParse(item);
      if (parsed.success) return [parsed.data];
      skipped = true;
      log.error({ what, fault: faults(parsed.error) }, 'the centre sent something this version cannot read; update the broker');
      return [];
    });
  const { cursor, documents, revocations, roster, commands } = answer.data;
  const [readable] = roster === undefined || roster === null ? [] : each([roster], SiteRoster, 'roster');
  const read = {
    documents: each(documents, NamedDocument, 'desired document'),
    revocations: each(revocations, Revocation, 'revocation'),
    commands: each(commands, NamedCommand, 'command'),
  };
  return { cursor, skipped, ...read, ...(readable === undefined ? {} : { roster: readable }) };
}
