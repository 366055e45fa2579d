/** A board's side of the protocol of ViewSonic and BenQ, as their manuals print it. */
import type { Clock } from '@tramhoc/base/clock';
import { type Board, type BoardWire, simulatedBoard } from '../simulated-board.ts';

export type AscBoardOptions = { on: boolean; startMs: number; deaf: boolean; displayId: number };
export type AscBoardSide = {
  clock: Clock;
  options: AscBoardOptions;
  input: string;
  inputPattern: RegExp;
  /** `+` CR alone, as some manuals have it, instead of length, ID, `+`, CR. */
  bareAcks?: boolean;
  /** Values that switch off. */
  offValues: readonly string[];
  /** Answers to the maker's own questions: one value, several in turn, or undefined for "invalid". */
  ask(code: string, value: string, wire: BoardWire): string | readonly string[] | undefined;
};

export function simulatedAscBoard(side: AscBoardSide): Board {
  let heard = '';
  const board = simulatedBoard(side, {
    onBytes(chunk, wire) {
      heard = (heard + Buffer.from(chunk).toString('latin1')).slice(-256);
      for (let end = heard.indexOf('\r'); end >= 0; end = heard.indexOf('\r')) {
        answer(heard.slice(0, end), side, wire);
        heard = heard.slice(end + 1);
      }
    },
  });
  return {
    ...board,
    plug(link) {
      heard = '';
      board.plug(link);
    },
  };
}

/** Length (0x30 + bytes before the CR), two digits of ID, type, command, value. */
function answer(line: string, side: AscBoardSide, wire: BoardWire): void {
  // noise may stand before a command: its own length finds it
  const [, command] = /([4-D]\d\d[sg][^\r]{2,16})$/s.exec(line) ?? [];
  const length = (command?.charCodeAt(0) ?? 0) - 0x30;
  if (command === undefined || length > line.length) return;
  const whole = line.slice(-length);
  const id = whole.slice(1, 3);
  if (Number(id) !== side.options.displayId) return;
  const code = whole[4]!;
  const value = whole.slice(5);
  const framed = (body: string): string => `${String.fromCharCode(0x30 + body.length + 3)}${id}${body}\r`;
  if (whole[3] === 's') {
    const sign = take(code, value, side, wire) ? '+' : '-';
    wire.send(side.bareAcks === true ? `${sign}\r` : framed(sign));
    return;
  }
  const said = common(code, side, wire) ?? side.ask(code, value, wire);
  if (said === undefined) wire.send(side.bareAcks === true ? '-\r' : framed('-'));
  else for (const one of [said].flat()) wire.send(Buffer.from(framed(`r${code}${one}`), 'latin1'));
}

const three = (value: number): string => String(value).padStart(3, '0');

function take(code: string, value: string, { offValues, inputPattern }: AscBoardSide, { state, set, press }: BoardWire): boolean {
  if (code === '!') {
    if (value !== '001' && !offValues.includes(value)) return false;
    press(value === '001' ? 'on' : 'off');
    return true;
  }
  if (!state.on) return false;
  if (code === '"' && inputPattern.test(value)) set({ input: value });
  else if (code === '5' && Number(value) <= 100) set({ volumePct: Number(value) });
  else if (code === '6' && (value === '000' || value === '001')) set({ muted: value === '001' });
  else return false;
  return true;
}

function common(code: string, { offValues }: AscBoardSide, { state }: BoardWire): string | undefined {
  if (code === 'l') return state.on ? '001' : offValues[0];
  if (!state.on) return undefined;
  if (code === 'f') return three(state.volumePct);
  return code === 'g' ? (state.muted ? '001' : '000') : undefined;
}
