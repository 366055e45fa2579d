/** What drivers of devices that call us have in common: requests in turn, and a door that only known terminals pass. */
import type { Duplex } from 'node:stream';
import type { Log } from '@tramhoc/base/log';
import { TramError } from '@tramhoc/protocol/errors';
import type { HttpRequest } from '../transports/http-in.ts';
import { readLink } from './read-link.ts';
import { serialSet } from './terminal-fields.ts';

/** One after the other: the transport lets in 16 at most. After `stop`, or when the link has gone, nothing more is served. */
export function serveRequests(
  link: Duplex,
  { serve, onGone, log }: { serve(request: HttpRequest): Promise<void>; onGone(): void; log: Log },
): { stop(): void } {
  let work: Promise<void> = Promise.resolve();
  const queue = (request: HttpRequest): void => {
    work = work
      .then(() => serve(request))
      .catch((err: unknown) => {
        log.error({ err }, 'a request of a terminal could not be answered');
        request.respond({ status: 500, body: 'ERROR' });
      });
  };
  return readLink(link, { onBytes: (request) => queue(request as unknown as HttpRequest), onGone });
}

export type TerminalDoor = {
  /** The list of the config, as typed. */
  allow(serials: string): void;
  /** The first of `names` that is in the list; undefined for a stranger, who is told of. */
  admitted(names: readonly string[]): string | undefined;
};

/** Named once each; somebody who makes up numbers is named no longer. */
const maxStrangers = 64;

/** `fail`: called while the list is empty, so that the fault of the slot says which terminal to add. */
export function terminalDoor({ port, log, fail }: { port: string; log: Log; fail(error: TramError): void }): TerminalDoor {
  let allowed: ReadonlySet<string> = new Set();
  const strangers = new Set<string>();
  return {
    allow(serials) {
      allowed = serialSet(serials);
    },
    admitted(names) {
      const known = names.find((name) => allowed.has(name.toUpperCase()));
      const [serial = 'none'] = names;
      if (known !== undefined) return known;
      if (allowed.size === 0)
        fail(
          new TramError(
            'DRIVER_REFUSED',
            `${port}: a terminal with the serial number ${serial} calls; add it to the allowed serial numbers of this slot.`,
          ),
        );
      else if (!strangers.has(serial) && strangers.size < maxStrangers) {
        strangers.add(serial);
        log.warn({ terminal: serial }, 'a terminal that is not in the list of serial numbers was refused');
      }
      return undefined;
    },
  };
}

/** `unclear`: the kind of event or the field, nothing of the person. */
export type TellUnclear = (terminal: string, unclear: string) => void;

/** Causes that are told; who makes up events is told of no longer. */
const maxUnclear = 256;

/** A firmware that says something otherwise loses punches: told once for each terminal and cause, so that somebody looks at it. */
export function tellUnclear(log: Log): TellUnclear {
  const told = new Set<string>();
  return (terminal, unclear) => {
    const what = `${terminal} ${unclear}`;
    if (told.has(what) || told.size >= maxUnclear) return;
    told.add(what);
    log.warn(
      { terminal, unclear },
      'an event of a terminal about a person gave no punch, or could not be read; if people miss punches, report this',
    );
  };
}
