/** An NEC signage display as the "External Control" manuals (V422, X461UN, P702) describe it. */
import { z } from 'zod';
import { type BoardWire, boardOptions, boardUsage, simulatedBoard } from '../simulated-board.ts';
import { defineSimulator } from '../simulator.ts';

const Options = z.strictObject({
  ...boardOptions,
  monitorId: z.coerce.number().int().min(1).max(100).default(1),
  model: z.string().max(15).default('P553'),
  serial: z.string().max(15).default('4Y123456NA'),
  /** Older series count half hours and know no minutes. */
  minutes: z.stringbool().or(z.boolean()).default(true),
});
type Options = z.infer<typeof Options>;
type Exchange = { wire: BoardWire; options: Options };

export const necSerialSimulator = defineSimulator({
  kind: 'nec-serial',
  usage: boardUsage('12'),
  optionsSchema: Options,
  build({ clock }, options) {
    let heard = '';
    const board = simulatedBoard(
      { clock, options, input: '11', inputPattern: /^[0-9A-F]{2}$/ },
      {
        onBytes(chunk, wire) {
          heard = (heard + Buffer.from(chunk).toString('latin1')).slice(-256);
          for (let found = pattern.exec(heard); found !== null; found = pattern.exec(heard)) {
            heard = heard.slice(found.index + found[0].length);
            answer(found, { wire, options });
          }
        },
      },
    );
    return {
      ...board,
      plug(link) {
        heard = '';
        board.plug(link);
      },
    };
  },
});

/** SOH, reserved, receiver, controller, type, length, STX, message, ETX, check code, CR; the check code tells one control character from another. */
const pattern = /[^ -~](0(.)0([ACE])([0-9A-F]{2})[^ -~]([ -~]*)[^ -~])(.)\r/s;

const digits = (value: number): string => value.toString(16).toUpperCase().padStart(4, '0');
const codeOf = (text: string): number => [...text].reduce((code, letter) => code ^ letter.charCodeAt(0), 0);
const encoded = (text: string): string => Buffer.from(text, 'latin1').toString('hex').toUpperCase();

function answer([, body = '', to = '', type = '', length = '', message = '', code = '']: RegExpExecArray, exchange: Exchange): void {
  const { wire, options } = exchange;
  const me = String.fromCharCode(0x40 + options.monitorId);
  if ((to !== me && to !== '*') || Number.parseInt(length, 16) !== message.length + 2 || codeOf(body) !== code.charCodeAt(0)) return;
  const [kind, said] = reply(type, message, exchange);
  const back = `00${me}${kind}${digits(said.length + 2).slice(2)}\x02${said}\x03`;
  wire.send(Buffer.from(`\x01${back}${String.fromCharCode(codeOf(back))}\r`, 'latin1'));
}

function reply(type: string, message: string, exchange: Exchange): [kind: string, message: string] {
  if (type === 'A') return ['B', report(message, exchange)];
  const opcode = Number.parseInt(message.slice(0, 4), 16);
  if (type === 'E') set(opcode, Number.parseInt(message.slice(4), 16), exchange);
  const [most, value] = parameter(opcode, exchange) ?? [];
  const result =
    value === undefined || most === undefined ? `01${digits(opcode)}0000000000` : `00${digits(opcode)}00${digits(most)}${digits(value)}`;
  return [type === 'E' ? 'F' : 'D', result];
}

/** BE: the message without content. */
function report(message: string, { wire: { state, press }, options }: Exchange): string {
  switch (message) {
    case '01D6':
      return `0200D6000004${digits(state.on ? 1 : 4)}`;
    case 'C203D60001':
    case 'C203D60004':
      press(message.endsWith('1') ? 'on' : 'off');
      return `00${message}`;
    case 'B1':
      return { none: 'A100', fan: 'A180', temperature: 'A1A0' }[state.fault];
    case 'C217':
      return `C317${encoded(options.model.padEnd(15, '\0'))}`;
    case 'C216':
      return `C316${encoded(options.serial)}`;
    case 'CA0200':
      return 'CB020000R2.105';
    default:
      return 'BE';
  }
}

function set(opcode: number, value: number, { wire: { state, set: change } }: Exchange): void {
  if (!state.on) return;
  if (opcode === 0x60) change({ input: digits(value).slice(2) });
  else if (opcode === 0x62 && value <= 100) change({ volumePct: value });
  else if (opcode === 0x8d) change({ muted: value === 1 });
}

/** Greatest value and value; undefined: unsupported, as everything is while it is off. */
function parameter(opcode: number, { wire: { state }, options }: Exchange): [most: number, value: number] | undefined {
  if (!state.on) return undefined;
  const minutes = state.usageHours * 60;
  switch (opcode) {
    case 0x60:
      return [0, Number.parseInt(state.input, 16)];
    case 0x62:
      return [100, state.volumePct];
    case 0x8d:
      return [2, state.muted ? 1 : 2];
    case 0x278:
      return [3, 1];
    case 0x279:
      return [0xffff, (state.temperatureC * 2) & 0xffff];
    case 0xff:
      return [0xffff, Math.min(state.usageHours * 2, 0xffff)];
    case 0x11fe:
      return options.minutes ? [0xffff, minutes >>> 16] : undefined;
    case 0x11ff:
      return options.minutes ? [0xffff, minutes & 0xffff] : undefined;
    default:
      return undefined;
  }
}
