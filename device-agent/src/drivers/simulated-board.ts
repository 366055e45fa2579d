/** A board or signage display under power, without its wire: each simulator adds the protocol. People press its keys by `act`. */
import type { Clock, Timer } from '@tramhoc/base/clock';
import { z } from 'zod';
import { cable, type Simulator } from './simulator.ts';

export type BoardState = {
  on: boolean;
  input: string;
  volumePct: number;
  muted: boolean;
  usageHours: number;
  temperatureC: number;
  fault: 'none' | 'fan' | 'temperature';
};
export type Board = Simulator & { state(): Readonly<BoardState>; set(changes: Partial<BoardState>): void };

/**
 * Options that every simulated board has. `startMs`: how long it takes to come up after it was switched on. `deaf`: it hears nothing meanwhile, and
 * as long after it was switched off.
 */
export const boardOptions = {
  on: z.stringbool().or(z.boolean()).default(false),
  startMs: z.coerce.number().min(0).default(4_000),
  deaf: z.stringbool().or(z.boolean()).default(false),
};

/** The display's side of a protocol. `press` switches as a command does; what it shows follows after `startMs`. */
export type BoardWire = {
  state: Readonly<BoardState>;
  set(changes: Partial<BoardState>): void;
  press(wanted: 'on' | 'off'): void;
  send(bytes: Uint8Array | string): void;
};

export function boardUsage(input: string): string[] {
  return [
    'on | off             press the power key of the remote control',
    `input ${input.padEnd(14)} switch to another input, by its code`,
    'volume 30            turn the volume',
    'mute on | mute off   mute the sound',
    'hours 1234           set the hours it has run',
    'temperature 41       set the temperature inside',
    'fault fan | fault temperature | fault none   break or mend it',
  ];
}

/** `onBytes` gets what the controller sends; `onChanged` runs after a person changed something. */
export function simulatedBoard(
  {
    clock,
    options,
    input,
    inputPattern,
  }: { clock: Clock; options: { on: boolean; startMs: number; deaf: boolean }; input: string; inputPattern: RegExp },
  { onBytes, onChanged }: { onBytes(chunk: Uint8Array, wire: BoardWire): void; onChanged?(before: BoardState, wire: BoardWire): void },
): Board {
  const state: BoardState = { on: options.on, input, volumePct: 20, muted: false, usageHours: 1_234, temperatureC: 38, fault: 'none' };
  let starting: Timer | undefined;
  let deafUntilMs = 0;
  const plug = cable({
    onBytes(chunk) {
      if (clock.monotonicMs() >= deafUntilMs) onBytes(chunk, wire);
    },
  });
  const set = (changes: Partial<BoardState>): void => {
    const before = { ...state };
    Object.assign(state, changes);
    onChanged?.(before, wire);
  };
  const press = (wanted: 'on' | 'off'): void => {
    starting?.cancel();
    if (options.deaf && state.on !== (wanted === 'on')) deafUntilMs = clock.monotonicMs() + options.startMs;
    if (wanted === 'off') set({ on: false });
    else if (!state.on) starting = clock.after(options.startMs, () => set({ on: true }));
  };
  const wire: BoardWire = { state, set, press, send: plug.send };
  return {
    plug: plug.plug,
    unplug: plug.unplug,
    state: () => state,
    set,
    act: (line) => act(line, { set, press, inputPattern }),
    close() {
      starting?.cancel();
      plug.unplug();
    },
  };
}

function act(
  line: string,
  { set, press, inputPattern }: { set(changes: Partial<BoardState>): void; press(wanted: 'on' | 'off'): void; inputPattern: RegExp },
): string | undefined {
  const [verb = '', value = ''] = line.trim().split(/\s+/);
  const number = /^\d{1,5}$/.test(value) ? Number(value) : undefined;
  if (verb === 'on' || verb === 'off') press(verb);
  else if (verb === 'input' && inputPattern.test(value)) set({ input: value });
  else if (verb === 'volume' && number !== undefined && number <= 100) set({ volumePct: number });
  else if (verb === 'mute' && (value === 'on' || value === 'off')) set({ muted: value === 'on' });
  else if (verb === 'hours' && number !== undefined) set({ usageHours: number });
  else if (verb === 'temperature' && number !== undefined && number <= 99) set({ temperatureC: number });
  else if (verb === 'fault' && (value === 'fan' || value === 'temperature' || value === 'none')) set({ fault: value });
  else return 'type: on, off, input <code>, volume <0..100>, mute on|off, hours <h>, temperature <°C>, or fault fan|temperature|none';
  return undefined;
}
