/** A SMART board as the chapters on RS-232 of its guides (6000S, M600, MX) describe it. It tells of itself what people change. */
import type { Timer } from '@tramhoc/base/clock';
import { z } from 'zod';
import { type BoardState, type BoardWire, boardOptions, boardUsage, simulatedBoard } from '../simulated-board.ts';
import { defineSimulator } from '../simulator.ts';

const Options = z.strictObject({
  ...boardOptions,
  model: z.string().max(32).default('SBID-6265S'),
  serial: z.string().max(32).default('E012AB34C0123'),
  /** MX boards know no standby; whether it repeats each command before it answers. */
  ready: z.stringbool().or(z.boolean()).default(false),
  echo: z.stringbool().or(z.boolean()).default(false),
});
type Options = z.infer<typeof Options>;

/** A change is told this long after it was made. */
const tellsAfterMs = 20;

export const smartSerialSimulator = defineSimulator({
  kind: 'smart-serial',
  usage: boardUsage('hdmi2'),
  optionsSchema: Options,
  build({ clock }, options) {
    let heard = '';
    /** A command is under way: what changes by it is answered, not told. */
    let answering = false;
    let telling: Timer | undefined;
    const tell = (before: Values, wire: BoardWire): void => {
      telling = undefined;
      for (const [key, value] of Object.entries(valuesOf(wire.state, options))) {
        if (before[key] !== value && (wire.state.on || key === 'powerstate')) wire.send(`#${key}=${value}\r\n`);
      }
    };
    const board = simulatedBoard(
      { clock, options, input: 'hdmi1', inputPattern: /^(?:hdmi[123]|vga1|ops1|usbc1|android)$/ },
      {
        onBytes(chunk, wire) {
          heard = (heard + Buffer.from(chunk).toString('latin1')).slice(-256);
          for (let end = heard.indexOf('\r'); end >= 0; end = heard.indexOf('\r')) {
            const line = heard.slice(0, end);
            heard = heard.slice(end + 1);
            answering = true;
            answer(line, { wire, options });
            answering = false;
          }
        },
        onChanged(before, wire) {
          if (answering || telling !== undefined) return;
          const old = valuesOf(before, options);
          telling = clock.after(tellsAfterMs, () => tell(old, wire));
        },
      },
    );
    return {
      ...board,
      plug(link) {
        heard = '';
        board.plug(link);
      },
      close() {
        telling?.cancel();
        board.close();
      },
    };
  },
});

type Values = Readonly<Record<string, string>>;
function valuesOf(state: Readonly<BoardState>, options: Options): Values {
  return {
    powerstate: state.on ? 'on' : options.ready ? 'ready' : 'standby',
    input: state.input,
    volume: String(state.volumePct),
    mute: state.muted ? 'on' : 'off',
    modelnum: options.model,
    serialnum: options.serial,
    fwversion: '2.0.252.0',
  };
}

function answer(line: string, { wire, options }: { wire: BoardWire; options: Options }): void {
  const [, verb, key = '', value] = /(?:^|[^ -~])(get|set) ([a-z]+)(?:=(\S+))?$/i.exec(line) ?? [];
  const possible = key === 'powerstate' || wire.state.on;
  const said = valuesOf(wire.state, options)[key];
  const told = options.echo ? `${line}\r\n` : '';
  if (said === undefined || !possible || (verb === 'set') !== (value !== undefined)) wire.send(`${told}invalid cmd ${line}\r\n>`);
  else if (value === undefined) wire.send(`${told}${key}=${said}\r\n>`);
  else wire.send(take(key, value, { wire, options }) ? `${told}${key}=${value}\r\n>` : `${told}invalid cmd ${line}\r\n>`);
}

function take(key: string, value: string, { wire: { set, press }, options }: { wire: BoardWire; options: Options }): boolean {
  if (key === 'powerstate' && (value === 'on' || value === (options.ready ? 'ready' : 'standby'))) press(value === 'on' ? 'on' : 'off');
  else if (key === 'input' && /^(?:hdmi[123]|vga1|ops1|usbc1|android)$/.test(value)) set({ input: value });
  else if (key === 'volume' && /^\d{1,3}$/.test(value) && Number(value) <= 100) set({ volumePct: Number(value) });
  else if (key === 'mute' && /^(?:on|off)$/.test(value)) set({ muted: value === 'on' });
  else return false;
  return true;
}
