/** A Samsung signage display as the MDC documents describe it (13.7c). In standby it answers the power and what it is. */
import { z } from 'zod';
import { type BoardState, type BoardWire, boardOptions, boardUsage, simulatedBoard } from '../simulated-board.ts';
import { defineSimulator } from '../simulator.ts';

const Options = z.strictObject({
  ...boardOptions,
  displayId: z.coerce.number().int().min(0).max(224).default(1),
  model: z.string().max(32).default('QB65R'),
  serial: z.string().max(32).default('0SIM0001'),
  /** Greets with the wish for TLS and answers nothing, as displays do whose secured protocol is on. */
  secured: z.stringbool().or(z.boolean()).default(false),
});
type Options = z.infer<typeof Options>;
type Exchange = { wire: BoardWire; options: Options };

export const samsungMdcSimulator = defineSimulator({
  kind: 'samsung-mdc',
  usage: boardUsage('21'),
  optionsSchema: Options,
  build({ clock }, options) {
    let heard = Buffer.alloc(0);
    const board = simulatedBoard(
      { clock, options, input: '21', inputPattern: /^[0-9A-F]{2}$/ },
      {
        onBytes(chunk, wire) {
          heard = Buffer.concat([heard, chunk]).subarray(-512);
          for (let frame = take(); frame !== undefined; frame = take()) if (!options.secured) answer(frame, { wire, options });
        },
      },
    );
    /** One whole command; what cannot begin one is thrown away. */
    const take = (): Buffer | undefined => {
      const start = heard.indexOf(0xaa);
      heard = start < 0 ? Buffer.alloc(0) : heard.subarray(start);
      const bytes = heard.length < 4 ? Number.POSITIVE_INFINITY : heard[3]! + 5;
      if (heard.length < bytes) return undefined;
      const frame = heard.subarray(0, bytes);
      heard = heard.subarray(bytes);
      return frame;
    };
    return {
      ...board,
      plug(link) {
        heard = Buffer.alloc(0);
        board.plug(link);
        if (options.secured) link.write('MDCSTART<<TLS>>');
      },
    };
  },
});

function answer(frame: Buffer, { wire, options }: Exchange): void {
  const [, command = 0, id, length = 0] = frame;
  const sum = frame.subarray(1, -1).reduce((total, byte) => total + byte, 0) & 0xff;
  if (sum !== frame.at(-1) || id !== options.displayId) return;
  const value = length > 0 ? frame[4] : undefined;
  const data = reply(command, value, { wire, options });
  const body = data === undefined ? [0x4e, command, 0x00] : [0x41, command, ...data];
  const head = [0xff, options.displayId, body.length, ...body];
  wire.send(Uint8Array.of(0xaa, ...head, head.reduce((total, byte) => total + byte, 0) & 0xff));
}

/** undefined: NAK. */
function reply(command: number, value: number | undefined, { wire, options }: Exchange): readonly number[] | undefined {
  const { state, set, press } = wire;
  if (command === 0x11) {
    if (value !== undefined) press(value === 1 ? 'on' : 'off');
    return [value ?? (state.on ? 1 : 0)];
  }
  const text = { 11: options.serial, 14: 'SIM-1000.1', 138: options.model }[command];
  if (text !== undefined) return [...Buffer.from(text)];
  if (!state.on) return undefined;
  if (command === 0x00) return [1, state.volumePct, state.muted ? 1 : 0, Number.parseInt(state.input, 16), 0x10, 0, 0];
  if (command === 0x0d) return errors(state);
  if (command === 0x12 && (value ?? 0) <= 100) {
    if (value !== undefined) set({ volumePct: value });
    return [state.volumePct];
  }
  if (command === 0x13) {
    if (value !== undefined) set({ muted: value === 1 });
    return [state.muted ? 1 : 0];
  }
  if (command === 0x14) {
    if (value !== undefined) set({ input: value.toString(16).toUpperCase().padStart(2, '0') });
    return [Number.parseInt(state.input, 16)];
  }
  return undefined;
}

/** Lamp, temperature, brightness sensor (2: fine), signal, degrees, fan. */
function errors({ temperatureC, fault }: Readonly<BoardState>): number[] {
  return [0, fault === 'temperature' ? 1 : 0, 2, 0, temperatureC, fault === 'fan' ? 1 : 0];
}
