/** A PN532 module as NXP's manual UM0701-02 describes it: asleep until it is woken, acknowledges, answers, repeats its answer on a NACK. */
import type { Timer } from '@tramhoc/base/clock';
import { z } from 'zod';
import { cable, defineSimulator, type Simulator } from '../simulator.ts';

export type CardModule = Simulator & {
  /** 8 or 14 hex digits. Replaces a card that lies there. */
  presentCard(uid: string): void;
  removeCard(): void;
};

/** Longest time that the chip needs for what we simulate. */
const answerAfterMs = 5;
/** What is kept of a line that makes no sense. */
const maxKeptBytes = 600;
const Options = z.strictObject({});

export const pn532Simulator = defineSimulator<CardModule, z.infer<typeof Options>>({
  kind: 'pn532',
  usage: [
    'card 04A1B2C3          put a card with a number of 4 bytes there',
    'card 04A1B2C3D4E5F6    the same with 7 bytes',
    'off                    take it away',
  ],
  optionsSchema: Options,
  build({ clock }) {
    let card: Buffer | undefined;
    let awake = false;
    let kept = Buffer.alloc(0);
    let last: Buffer | undefined;
    let working: Timer | undefined;
    const answer = (frame: Buffer): void => {
      working?.cancel();
      wire.send(Buffer.from('0000ff00ff00', 'hex'));
      working = clock.after(answerAfterMs, () => {
        last = frame;
        wire.send(frame);
      });
    };
    const wire = cable({
      onBytes(chunk) {
        if (chunk.includes(0x55)) awake = true;
        kept = Buffer.concat([kept, chunk]).subarray(-maxKeptBytes);
        for (let start = kept.indexOf('00ff', 'hex'); start >= 0 && kept.length >= start + 4; start = kept.indexOf('00ff', 'hex')) {
          const [length = 0, check = 0] = kept.subarray(start + 2);
          if (length === 0 || length === 0xff) {
            // ACK from the host ends what is going on, NACK wants the last answer again
            if (length === 0) working?.cancel();
            else if (last !== undefined) wire.send(last);
            kept = kept.subarray(start + 4);
            continue;
          }
          if (((length + check) & 0xff) !== 0) {
            kept = kept.subarray(start + 1);
            continue;
          }
          if (kept.length < start + 5 + length) return;
          const body = kept.subarray(start + 4, start + 5 + length);
          kept = kept.subarray(start + 5 + length);
          const whole = body.reduce((sum, byte) => sum + byte, 0) % 256 === 0;
          if (awake && whole && body[0] === 0xd4) answer(replyTo(body[1]!, body.subarray(2, length), card));
        }
      },
      onUnplugged() {
        working?.cancel();
        kept = Buffer.alloc(0);
      },
    });
    const module: CardModule = {
      plug: wire.plug,
      unplug: wire.unplug,
      presentCard(uid) {
        card = Buffer.from(uid, 'hex');
      },
      removeCard() {
        card = undefined;
      },
      act(line) {
        const [verb = '', uid = ''] = line.trim().split(/\s+/);
        if (verb === 'off') card = undefined;
        else if (verb === 'card' && /^(?:[0-9a-f]{8}|[0-9a-f]{14})$/i.test(uid)) module.presentCard(uid);
        else return 'type: card <8 or 14 hex digits>, or off';
        return undefined;
      },
      close() {
        working?.cancel();
        wire.unplug();
      },
    };
    return module;
  },
});

/** Chapter 7 of the manual. Registers are all zero, and nobody answers to what is sent over the air by hand. */
function replyTo(command: number, parameters: Buffer, card: Buffer | undefined): Buffer {
  switch (command) {
    case 0x00:
      return frameOf(command, parameters);
    case 0x02:
      return frameOf(command, [0x32, 0x01, 0x06, 0x07]);
    case 0x06:
      return frameOf(command, new Array<number>(parameters.length / 2).fill(0));
    case 0x08:
    case 0x12:
    case 0x14:
    case 0x32:
      return frameOf(command, []);
    case 0x16:
    case 0x44:
    case 0x52:
      return frameOf(command, [0x00]);
    case 0x42:
      return frameOf(command, [0x01]);
    case 0x4a:
      if (card === undefined || parameters[1] !== 0x00) return frameOf(command, [0x00]);
      return frameOf(command, [0x01, 0x01, 0x00, ...(card.length === 7 ? [0x44, 0x00] : [0x04, 0x08]), card.length, ...card]);
    default:
      return Buffer.from('0000ff01ff7f8100', 'hex');
  }
}

function frameOf(command: number, data: Iterable<number>): Buffer {
  const body = Buffer.from([0xd5, command + 1, ...data]);
  const sum = body.reduce((total, byte) => total + byte, 0);
  return Buffer.from([0x00, 0x00, 0xff, body.length, (256 - body.length) & 0xff, ...body, (256 - (sum & 0xff)) & 0xff, 0x00]);
}
