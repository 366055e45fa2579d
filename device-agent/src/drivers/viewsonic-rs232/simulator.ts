/** A ViewSonic ViewBoard as the chapter "Protocol" of its manuals (IFP50 and later) describes it. */
import { z } from 'zod';
import { simulatedAscBoard } from '../asc-board-protocol/simulated-asc-board.ts';
import { boardOptions, boardUsage } from '../simulated-board.ts';
import { defineSimulator } from '../simulator.ts';

const Options = z.strictObject({
  ...boardOptions,
  displayId: z.coerce.number().int().min(1).max(98).default(1),
  name: z.string().max(12).default('IFP6550'),
  /** Series before 2017 have a log of switching times where later ones count hours. */
  hours: z.enum(['counted', 'log']).default('counted'),
});

export const viewsonicRs232Simulator = defineSimulator({
  kind: 'viewsonic-rs232',
  usage: boardUsage('014'),
  optionsSchema: Options,
  build({ clock }, options) {
    return simulatedAscBoard({
      clock,
      options,
      input: '004',
      inputPattern: /^\d\d[0-9A-Z]$/,
      offValues: ['000'],
      ask(code, _value, { state }) {
        if (code === '4') return pieces(options.name.padEnd(12, '\0'));
        if (!state.on) return undefined;
        if (code === 'j') return `1${state.input.slice(1)}`;
        if (code === '0') return String(state.temperatureC).padStart(3, '0');
        if (code !== '1') return undefined;
        // on 8/31 at 08:00, off at 22:00, on 9/1 at 10:30: the example of the manual
        return options.hours === 'log' ? ['1(Q', '1( ', '0(Q', '0B ', '1)!', '10P'] : pieces(String(state.usageHours).padStart(8, '0'));
      },
    });
  },
});

/** Two characters each, numbered from 1. */
function pieces(text: string): string[] {
  return (text.match(/../gs) ?? []).map((pair, at) => `${at + 1}${pair}`);
}
