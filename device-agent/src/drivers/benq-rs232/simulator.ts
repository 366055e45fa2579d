/** A BenQ board as the "RS232 & LAN Protocol Installation Guides" (RP553K, RM8602K, RP6504) describe it. */
import { z } from 'zod';
import { simulatedAscBoard } from '../asc-board-protocol/simulated-asc-board.ts';
import { boardOptions, boardUsage } from '../simulated-board.ts';
import { defineSimulator } from '../simulator.ts';

const Options = z.strictObject({
  ...boardOptions,
  displayId: z.coerce.number().int().min(1).max(98).default(1),
  model: z.string().max(14).default('RP653K'),
  serial: z.string().max(14).default('EIP3F0005202E'),
  /** The guides print the acknowledgement in two ways. */
  acks: z.enum(['framed', 'bare']).default('framed'),
  /** Some series have no sensor. */
  thermal: z.stringbool().or(z.boolean()).default(true),
});

export const benqRs232Simulator = defineSimulator({
  kind: 'benq-rs232',
  usage: boardUsage('021'),
  optionsSchema: Options,
  build({ clock }, options) {
    const about: Readonly<Record<string, string>> = { '\x01': 'BENQ', '\x02': options.model, '\x04': '1.0.5', '\x06': options.serial };
    return simulatedAscBoard({
      clock,
      options,
      input: '001',
      inputPattern: /^\d{3}$/,
      bareAcks: options.acks === 'bare',
      offValues: ['000', '002'],
      ask(code, value, { state }) {
        if (code === ' ') return about[value[0] ?? ''] === undefined ? undefined : `${value[0]}${about[value[0]!]!.padEnd(14, '\0')}`;
        if (!state.on) return undefined;
        if (code === 'j') return state.input;
        if (code === 'v' && value.length === 5) return String(state.usageHours).padStart(5, '0');
        return code === 'q' && value.length === 4 && options.thermal ? `+${String(state.temperatureC).padStart(3, '0')}` : undefined;
      },
    });
  },
});
