/** An RDM6300 with a card on it or not. The reader repeats its frame while the card stays in the field. */
import type { Timer } from '@tramhoc/base/clock';
import { z } from 'zod';
import { cable, defineSimulator, type Simulator } from '../simulator.ts';

/** One frame takes 14.6 ms at 9600 baud; real readers repeat it every 50 to 65 ms. */
const repeatMs = 65;

export type CardReader = Simulator & {
  /** Ten hex digits as printed by most card tools: version byte and card number. Replaces a card that lies there. */
  presentCard(uid: string): void;
  removeCard(): void;
};

const Options = z.strictObject({ checksum: z.enum(['xor', 'sum']).default('xor') });

export const rdm6300Simulator = defineSimulator<CardReader, z.infer<typeof Options>>({
  kind: 'rdm6300',
  usage: [
    'card 14008EC793   put a card on the reader',
    'off               take it away',
    'tap 14008EC793    put it there and take it away after half a second',
  ],
  optionsSchema: Options,
  build({ clock }, { checksum }) {
    const wire = cable({ onBytes: () => undefined });
    let repeat: Timer | undefined;
    let lift: Timer | undefined;
    const removeCard = (): void => {
      repeat?.cancel();
      lift?.cancel();
    };
    const presentCard = (uid: string): void => {
      removeCard();
      const frame = frameOf(uid, checksum);
      const send = (): void => {
        wire.send(frame);
        repeat = clock.after(repeatMs, send);
      };
      send();
    };
    return {
      plug: wire.plug,
      unplug: wire.unplug,
      presentCard,
      removeCard,
      act(line) {
        const [verb = '', uid = ''] = line.trim().split(/\s+/);
        if (verb === 'off') removeCard();
        else if (verb !== 'card' && verb !== 'tap') return 'type: card <ten hex digits>, tap <ten hex digits>, or off';
        else if (!/^[0-9a-fA-F]{10}$/.test(uid)) return 'a card number has ten hex digits, e.g. 14008EC793';
        else {
          presentCard(uid);
          if (verb === 'tap') lift = clock.after(500, removeCard);
        }
        return undefined;
      },
      close() {
        removeCard();
        wire.unplug();
      },
    };
  },
});

/** 02, the ten digits in capitals, two digits that make the exclusive or (or the low byte of the sum) of the five bytes, 03. */
function frameOf(uid: string, checksum: 'xor' | 'sum'): string {
  const digits = uid.toUpperCase();
  const bytes = Buffer.from(digits, 'hex');
  let check = 0;
  for (const byte of bytes) check = checksum === 'xor' ? check ^ byte : check + byte;
  const checkDigits = (check & 0xff).toString(16).toUpperCase().padStart(2, '0');
  return `\x02${digits}${checkDigits}\x03`;
}
