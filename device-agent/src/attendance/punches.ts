/** From a punch at an attendance terminal to an attendance tap: each once, however often the terminal tells it. */
import { createHmac } from 'node:crypto';
import type { Clock } from '@tramhoc/base/clock';
import { cardHash } from '@tramhoc/base/digest';
import type { Log } from '@tramhoc/base/log';
import { isTramError } from '@tramhoc/protocol/errors';
import { SlotId } from '@tramhoc/protocol/ids';
import { pinNumber, TerminalSerial } from '@tramhoc/protocol/terminal-punch';
import type { Punch } from '../drivers/driver.ts';
import type { Outbox } from '../outbox/outbox.ts';
import type { Greet } from './greeter.ts';
import { zonedTime } from './local-time.ts';
import type { PunchLedger } from './punch-ledger.ts';

type SlotPunch = { slot: string; config: Readonly<Record<string, unknown>>; punch: Punch };
export type Punches = {
  /** `true`: its event is on disk, now or since long, or it can be none. `false`: the disk refused. Never throws. */
  take(from: SlotPunch): boolean;
};

/** Viet Nam has had one zone without summer time since 1975. */
const defaultUtcOffsetMinutes = 420;
/** Who punched longer ago has left the kiosk. Terminals whose clock is a little ahead count as now. */
const greetWithinMs = 60_000;

export function createPunches({
  outbox,
  ledger,
  cardKey,
  greet,
  clock,
  log,
}: {
  outbox: Pick<Outbox, 'accept'>;
  ledger: Pick<PunchLedger, 'has' | 'add'>;
  cardKey: string;
  greet: Greet;
  clock: Clock;
  log: Log;
}): Punches {
  const accept = ({ slot, config, punch }: SlotPunch): void => {
    const number = pinNumber(punch.pin);
    const at = zonedTime(punch.localTime, punch.utcOffsetMinutes ?? offsetOf(config));
    const serial = TerminalSerial.safeParse(punch.terminal);
    if (number === undefined || at === undefined || !serial.success) {
      log.warn({ slot, terminal: punch.terminal.slice(0, 40) }, 'a terminal told a punch without person or time; it is left out');
      return;
    }
    const id = punchId({ cardKey, terminal: serial.data, number, localTime: punch.localTime });
    if (ledger.has(id)) return;
    const hash = cardHash({ cardKey, number });
    const terminal = { serial: serial.data, time: at.time, verify: punch.verify, direction: punch.direction };
    const { seq } = outbox.accept(
      'vn.tramhoc.attendance.tap.v1',
      { slot: SlotId.parse(slot), cardHash: hash, technology: 'terminal', terminal },
      { id },
    );
    ledger.add(id);
    log.info({ slot, seq }, 'punch recorded');
    if (Math.abs(clock.wallMs() - at.ms) < greetWithinMs) greet({ tapId: id, slot, wallMs: at.ms, hash });
  };
  return {
    take(from) {
      try {
        accept(from);
        return true;
      } catch (err) {
        // the list of punches had forgotten it, the outbox has not
        if (isTramError(err, 'CONFLICT')) return true;
        log.error(
          { err, slot: from.slot, code: isTramError(err) ? err.code : 'INTERNAL' },
          'a punch could not be kept; the terminal is asked again',
        );
        return false;
      }
    },
  };
}

/**
 * The id of its event follows from terminal, person and time, so that two copies would be one event for everybody up to the centre. Keyed, so that
 * nobody can try PINs against it. A UUID of version 8 (RFC 9562, 5.8).
 */
export function punchId({
  cardKey,
  terminal,
  number,
  localTime,
}: {
  cardKey: string;
  terminal: string;
  number: string;
  localTime: string;
}): string {
  const digest = createHmac('sha256', Buffer.from(cardKey, 'hex')).update(`punch\n${terminal}\n${number}\n${localTime}`).digest();
  digest[6] = (digest[6]! & 0x0f) | 0x80;
  digest[8] = (digest[8]! & 0x3f) | 0x80;
  const hex = digest.subarray(0, 16).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

function offsetOf(config: Readonly<Record<string, unknown>>): number {
  const value = config['utcOffsetMinutes'];
  return typeof value === 'number' ? value : defaultUtcOffsetMinutes;
}
