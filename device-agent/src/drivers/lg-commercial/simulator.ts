/** An LG signage display as its manual's chapter "Controlling the multiple product" describes it. In standby it answers the power only. */
import { z } from 'zod';
import { type BoardWire, boardOptions, boardUsage, simulatedBoard } from '../simulated-board.ts';
import { defineSimulator } from '../simulator.ts';

const Options = z.strictObject({ ...boardOptions, setId: z.coerce.number().int().min(1).max(1_000).default(1) });

export const lgCommercialSimulator = defineSimulator({
  kind: 'lg-commercial',
  usage: boardUsage('90'),
  optionsSchema: Options,
  build({ clock }, options) {
    let heard = '';
    const board = simulatedBoard(
      { clock, options, input: '90', inputPattern: /^[0-9a-f]{2}$/ },
      {
        onBytes(chunk, wire) {
          heard = (heard + Buffer.from(chunk).toString('latin1')).slice(-256);
          for (let end = heard.indexOf('\r'); end >= 0; end = heard.indexOf('\r')) {
            const line = heard.slice(0, end);
            heard = heard.slice(end + 1);
            answer(line, { wire, setId: options.setId });
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

/** Set ID 0 means all sets: they obey and are silent. */
function answer(line: string, { wire, setId }: { wire: BoardWire; setId: number }): void {
  const [, first, second, id, data] = /([a-z])([a-z]) ([0-9a-f]{2,3}) ([0-9a-f]{2})$/i.exec(line) ?? [];
  if (first === undefined || second === undefined || id === undefined || data === undefined) return;
  const asked = Number.parseInt(id, 16);
  if (asked !== setId && asked !== 0) return;
  const result = reply(first + second, Number.parseInt(data, 16), wire);
  if (asked !== 0) wire.send(`${second} ${id} ${result}x`);
}

const ok = (value: number): string => `OK${value.toString(16).padStart(2, '0')}`;

function reply(command: string, data: number, { state, set, press }: BoardWire): string {
  const asking = data === 0xff;
  if (command === 'ka') {
    if (!asking) press(data === 1 ? 'on' : 'off');
    return ok(asking ? (state.on ? 1 : 0) : data);
  }
  if (!state.on) return 'NG01';
  switch (command) {
    case 'xb':
      if (!asking) set({ input: data.toString(16).padStart(2, '0') });
      return ok(Number.parseInt(state.input, 16));
    case 'kf':
      if (!asking && data > 100) return 'NG01';
      if (!asking) set({ volumePct: data });
      return ok(state.volumePct);
    case 'ke':
      if (!asking) set({ muted: data === 0 });
      return ok(state.muted ? 0 : 1);
    case 'dn':
      return ok(state.temperatureC);
    case 'dl':
      return ok(state.usageHours);
    case 'dw':
      return ok(state.fault === 'fan' ? 0 : 1);
    default:
      return 'NG02';
  }
}
