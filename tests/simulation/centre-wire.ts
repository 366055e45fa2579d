/** HTTPS between a site and the centre, request by request: refused, lost on the way, answered to nobody, late, or done twice. Bodies are the real bytes. */
import type { CentreAnswer } from '@tramhoc/base/identity';
import type { CentreLink } from '@tramhoc/broker/upstream/centre-link';
import { TramError } from '@tramhoc/protocol/errors';
import type { Program } from './computer.ts';
import type { Dice } from './dice.ts';
import { delayOn } from './mqtt-cable.ts';
import type { Owner, VirtualLoop } from './virtual-loop.ts';

export type Request = Parameters<CentreLink['request']>[0];
/** The line of one site. Chances are for each request. */
export type Line = { down: boolean; slow: boolean; loseRequest: number; loseAnswer: number; late: number; twice: number };
export const newLine = (): Line => ({ down: false, slow: false, loseRequest: 0, loseAnswer: 0, late: 0, twice: 0 });

/** What answers at the centre while its program runs. `gone` is aborted when the asker hung up. */
export type CentrePort = {
  owner: Program;
  answer(siteId: string, request: Request, gone: AbortSignal): Promise<CentreAnswer>;
  /** Called when a 200 leaves. */
  answered(siteId: string, request: Request, answer: CentreAnswer): void;
};

/** An abort without a reason makes an error with a stack each time. */
const settled = new Error('nobody waits for the answer any more');
/** A request that the site gave up may still be worked through this much later. */
const lateMs = { from: 65_000, to: 200_000 };

export type SiteWire = {
  loop: VirtualLoop;
  dice: Dice;
  line: Line;
  siteId: string;
  port(): CentrePort | undefined;
  count(what: string): void;
};

export function openWiredCentreLink(program: Program, wire: SiteWire): CentreLink {
  const { loop, dice, line } = wire;
  const net: Owner = { name: 'net', alive: true, busyUntilMs: 0 };
  const request = (options: Request): Promise<CentreAnswer> =>
    new Promise((resolve, reject) => {
      const hungUp = new AbortController();
      let over = false;
      const settle = (work: () => void): void => {
        if (over) return;
        over = true;
        deadline.cancel();
        options.signal?.removeEventListener('abort', onAbort);
        hungUp.abort(settled);
        if (program.alive) work();
      };
      const fail = (why: string): void => settle(() => reject(new TramError('CENTRE_UNREACHABLE', `the centre does not answer (${why}).`)));
      const failLater = (ms: number, why: string): void => void loop.at(program, ms, 'reset', () => fail(why));
      const onAbort = (): void => settle(() => reject(options.signal!.reason));
      const deadline = program.clock.after(options.timeoutMs ?? 30_000, () => fail('time-out'));
      if (options.signal?.aborted === true) return onAbort();
      options.signal?.addEventListener('abort', onAbort, { once: true });

      const work = (travelMs: number): void => {
        loop.at(net, loop.busyMs(program) + travelMs, 'request', () => {
          const port = line.down ? undefined : wire.port();
          if (port === undefined) return failLater(dice.between(1, 30), 'refused');
          port.owner.onEnd.push(() => failLater(dice.between(1, 30), 'reset'));
          loop.at(port.owner, 0, 'answer', () => {
            port.answer(wire.siteId, options, hungUp.signal).then((answer) => {
              if (!port.owner.alive) return;
              if (answer.status === 200) port.answered(wire.siteId, options, answer);
              if (line.down || dice.chance(line.loseAnswer)) {
                wire.count('answers of the centre lost');
                if (dice.chance(0.5)) failLater(delayOn(line, dice), 'reset');
                return;
              }
              loop.at(program, loop.busyMs(port.owner) + delayOn(line, dice), 'answered', () => settle(() => resolve(answer)));
            });
          });
        });
      };
      if (line.down) {
        if (dice.chance(0.5)) failLater(dice.between(1, 50), 'unreachable');
        return;
      }
      if (dice.chance(line.loseRequest)) {
        wire.count('requests to the centre lost');
        return;
      }
      if (options.method === 'POST' && dice.chance(line.late)) {
        wire.count('requests overtaken by later ones');
        return work(dice.between(lateMs.from, lateMs.to));
      }
      work(delayOn(line, dice));
      if (options.method !== 'POST' || !dice.chance(line.twice)) return;
      wire.count('requests done twice');
      work(delayOn(line, dice) + dice.between(0, 3_000));
    });
  return {
    request,
    client: () => ({ request, close: () => Promise.resolve() }),
    replaceIdentity: () => undefined,
    close: () => Promise.resolve(),
  };
}
