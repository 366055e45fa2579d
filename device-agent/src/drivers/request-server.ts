/** What drivers of devices that call us have in common: requests in turn, and a door that only known terminals pass. */
import type { Duplex } from 'node:stream';
import type { Log } from '@tramhoc/base/log';
import { TramError } from '@tramhoc/protocol/errors';
import type { HttpRefusal, HttpRequest } from '../transports/http-in.ts';
import { readLink } from './read-link.ts';
import { serialSet } from './terminal-fields.ts';

/** Whoever makes up names, causes or addresses is told of no longer. */
const maxTold = 256;

/** true for the first time of each text. */
function firstTimes(): (text: string) => boolean {
  const seen = new Set<string>();
  return (text) => {
    if (seen.has(text) || seen.size >= maxTold) return false;
    seen.add(text);
    return true;
  };
}

/**
 * One after the other: the transport lets in 16 at most. After `stop`, or when the link has gone, nothing more is served. `onRefused`: the transport
 * has refused so many bytes, and who sent them is told of.
 */
export function serveRequests(
  link: Duplex,
  {
    serve,
    onGone,
    onRefused,
    log,
  }: { serve(request: HttpRequest): Promise<void>; onGone(): void; onRefused(bytes: number): void; log: Log },
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
  const isFirst = firstTimes();
  const refused = ({ peer, reason, bytes }: HttpRefusal): void => {
    onRefused(bytes);
    if (isFirst(`${peer} ${reason}`))
      log.warn({ peer, reason }, 'a device at this address spoke no HTTP that is understood here; its request was refused');
  };
  link.on('refused', refused);
  const reader = readLink(link, { onBytes: (request) => queue(request as unknown as HttpRequest), onGone });
  return {
    stop() {
      link.off('refused', refused);
      reader.stop();
    },
  };
}

export type TerminalDoor = {
  /** The list of the config, as typed. */
  allow(serials: string): void;
  /** The first of `names` that is in the list; undefined for a stranger, who is told of. */
  admitted(names: readonly string[]): string | undefined;
};

/** `fail`: called while the list is empty, so that the fault of the slot says which terminal to add. */
export function terminalDoor({ port, log, fail }: { port: string; log: Log; fail(error: TramError): void }): TerminalDoor {
  let allowed: ReadonlySet<string> = new Set();
  const isFirst = firstTimes();
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
      else if (isFirst(serial)) log.warn({ terminal: serial }, 'a terminal that is not in the list of serial numbers was refused');
      return undefined;
    },
  };
}

/** `unclear`: the kind of event or the field, nothing of the person. */
export type TellUnclear = (terminal: string, unclear: string) => void;

/** A firmware that says something otherwise loses punches: told once for each terminal and cause, so that somebody looks at it. */
export function tellUnclear(log: Log): TellUnclear {
  const isFirst = firstTimes();
  return (terminal, unclear) => {
    if (isFirst(`${terminal} ${unclear}`))
      log.warn(
        { terminal, unclear },
        'an event of a terminal about a person gave no punch, or could not be read; if people miss punches, report this',
      );
  };
}
