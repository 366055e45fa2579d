/** A card reader or scanner that types: each key goes down in one report and up in the next, as the boot keyboard of the USB HID class does. */
import { z } from 'zod';
import { cable, defineSimulator, type Simulator } from '../simulator.ts';

export type TypingReader = Simulator & {
  /** Types `text` and Enter. Characters that are on no key of a US keyboard are left out, as such readers do. */
  type(text: string): void;
};

const Options = z.strictObject({});
/** HID Usage Tables, keyboard page: what stands on the keys from usage 2D on. */
const signs = '-_=+[{]}\\|  ;:\'"`~,<.>/?';

export const hidKeyboardWedgeSimulator = defineSimulator<TypingReader, z.infer<typeof Options>>({
  kind: 'hid-keyboard-wedge',
  usage: ['type 0009357203   what the reader types for a card or a code'],
  optionsSchema: Options,
  build() {
    const wire = cable({ onBytes: () => undefined });
    const press = (usage: number, shift: boolean): void => {
      wire.send(Buffer.from([shift ? 0x02 : 0, 0, usage, 0, 0, 0, 0, 0]));
      wire.send(Buffer.alloc(8));
    };
    const type = (text: string): void => {
      for (const character of text) {
        const key = keyOf(character);
        if (key !== undefined) press(...key);
      }
      press(0x28, false);
    };
    return {
      plug: wire.plug,
      unplug: wire.unplug,
      type,
      act(line) {
        const text = /^\s*type (.+)$/u.exec(line)?.[1];
        if (text === undefined || ![...text].some(keyOf)) return 'type: type <card number or code, of the characters of a US keyboard>';
        type(text);
        return undefined;
      },
      close: wire.unplug,
    };
  },
});

function keyOf(character: string): [number, boolean] | undefined {
  if (character >= 'a' && character <= 'z') return [0x04 + character.charCodeAt(0) - 97, false];
  if (character >= 'A' && character <= 'Z') return [0x04 + character.charCodeAt(0) - 65, true];
  if (character === '0') return [0x27, false];
  if (character >= '1' && character <= '9') return [0x1e + Number(character) - 1, false];
  if (character === ' ') return [0x2c, false];
  const above = '!@#$%^&*()'.indexOf(character);
  if (above >= 0) return [0x1e + above, true];
  const at = signs.indexOf(character);
  return at < 0 ? undefined : [0x2d + Math.floor(at / 2), at % 2 === 1];
}
