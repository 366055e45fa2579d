/**
 * A contactless card that lies on a reader or not. On a link of messages it is what the PC/SC service would tell; on a link of bytes it is the card's
 * side of vpcd, the virtual reader of vsmartcard, which a real PC/SC service takes for a reader: two bytes of length, then one byte of control (00 power
 * off, 01 on, 02 reset, 04 tell the answer to reset) or a command APDU. There a card that is taken away closes the connection, as the real one's does.
 */
import type { Duplex } from 'node:stream';
import { z } from 'zod';
import { cable, defineSimulator, type Simulator } from '../simulator.ts';

export type SimulatedCard = Simulator & {
  /** Hex digits as on the card's own label, 4, 7, 8 (ISO 15693, begins with E0) or 10 bytes. Replaces a card that lies there. */
  presentCard(uid: string): void;
  removeCard(): void;
  /** Every command APDU since the beginning, as hex. */
  commands(): readonly string[];
};

const Options = z.strictObject({
  /** `without-number`: a card that answers GET DATA with 6A 81. */
  answers: z.enum(['number', 'without-number']).default('number'),
});

/** Kept for people and tests that look. */
const maxCommands = 100;

export const pcscSimulator = defineSimulator<SimulatedCard, z.infer<typeof Options>>({
  kind: 'pcsc',
  usage: ['card 04A1B2C3D4E5F6   lay a card on the reader (4, 7, 8 or 10 bytes)', 'off                   take it away'],
  optionsSchema: Options,
  build(_deps, { answers }) {
    let uid: Buffer | undefined;
    let messages = false;
    let heard = Buffer.alloc(0);
    const commands: string[] = [];
    const wire = cable({
      onBytes(chunk) {
        if (messages) wire.send(Buffer.from(uid === undefined ? [3] : [2, ...respond(chunk)]));
        else hear(chunk);
      },
    });
    const respond = (apdu: Uint8Array): Buffer => {
      const command = Buffer.from(apdu).toString('hex');
      if (commands.push(command) > maxCommands) commands.shift();
      if (command !== 'ffca000000') return Buffer.from(command.startsWith('ff0052') ? '9000' : '6d00', 'hex');
      return answers === 'number' ? Buffer.concat([wireNumber(uid!), Buffer.from('9000', 'hex')]) : Buffer.from('6a81', 'hex');
    };
    const hear = (chunk: Uint8Array): void => {
      heard = Buffer.concat([heard, chunk]);
      while (heard.length >= 2 && heard.length >= 2 + heard.readUInt16BE(0)) {
        const body = heard.subarray(2, 2 + heard.readUInt16BE(0));
        heard = heard.subarray(2 + body.length);
        if (uid === undefined) wire.unplug();
        else if (body.length === 1 && body[0] === 0x04) reply(atrOf(uid));
        else if (body.length > 1) reply(respond(body));
      }
    };
    const reply = (body: Buffer): void => {
      const length = Buffer.alloc(2);
      length.writeUInt16BE(body.length);
      wire.send(Buffer.concat([length, body]));
    };
    const change = (card: Buffer | undefined): void => {
      if (messages && uid !== undefined) wire.send(Buffer.of(0));
      uid = card;
      if (messages && uid !== undefined) wire.send(Buffer.from([1, ...atrOf(uid)]));
      // another card is another connection too
      if (!messages) wire.unplug();
    };
    return {
      plug(link: Duplex) {
        wire.plug(link);
        messages = link.readableObjectMode;
        heard = Buffer.alloc(0);
        if (messages) wire.send(Buffer.from(uid === undefined ? [0] : [1, ...atrOf(uid)]));
      },
      unplug: wire.unplug,
      presentCard: (number) => change(Buffer.from(number, 'hex')),
      removeCard: () => change(undefined),
      commands: () => commands,
      act(line) {
        const [verb = '', number = ''] = line.trim().split(/\s+/);
        if (verb === 'off') change(undefined);
        else if (verb !== 'card') return 'type: card <8, 14, 16 or 20 hex digits>, or off';
        else if (!/^(?:[0-9a-fA-F]{8}|[0-9a-fA-F]{14}|[0-9a-fA-F]{16}|[0-9a-fA-F]{20})$/.test(number))
          return 'a card number has 8, 14, 16 or 20 hex digits, e.g. 04A1B2C3D4E5F6';
        else change(Buffer.from(number, 'hex'));
        return undefined;
      },
      close: wire.unplug,
    };
  },
});

const isIso15693 = (uid: Buffer): boolean => uid.length === 8;

/** Readers hand the number of an ISO 15693 tag on as it comes over the air, last byte first. */
const wireNumber = (uid: Buffer): Buffer => (isIso15693(uid) ? Buffer.from(uid).reverse() : uid);

/** PC/SC part 3, table of 3.1.3.2.3.2: MIFARE Classic 1K, Ultralight, or an I-Code tag. The last byte makes the exclusive or of all but the first 0. */
function atrOf(uid: Buffer): Buffer {
  const [standard, name] = isIso15693(uid) ? [0x0b, 0x14] : uid.length === 4 ? [0x03, 0x01] : [0x03, 0x03];
  const atr = Buffer.from([0x3b, 0x8f, 0x80, 0x01, 0x80, 0x4f, 0x0c, 0xa0, 0, 0, 0x03, 0x06, standard, 0, name, 0, 0, 0, 0]);
  return Buffer.from([...atr, atr.subarray(1).reduce((sum, byte) => sum ^ byte, 0)]);
}
