/** A hand-held scanner in serial mode. What it sends around a code depends on how it was programmed: the options. */
import { z } from 'zod';
import { cable, defineSimulator, type Simulator } from '../simulator.ts';

export type Scanner = Simulator & {
  /** Somebody holds a code in front of the scanner. */
  scan(text: string): void;
};

const suffixes = { cr: '\r', crlf: '\r\n', lf: '\n', tab: '\t', etx: '\x03', none: '' } as const;
/** A USB full-speed bulk packet: long codes arrive in pieces. */
const packetBytes = 64;

const Options = z.strictObject({
  suffix: z.enum(['cr', 'crlf', 'lf', 'tab', 'etx', 'none']).default('cr'),
  stx: z.stringbool().or(z.boolean()).default(false),
  /** AIM identifier in front, e.g. `]Q1` for a QR code. */
  aim: z.string().max(3).default(''),
});

export const scannerSerialSimulator = defineSimulator<Scanner, z.infer<typeof Options>>({
  kind: 'scanner-serial',
  usage: ['scan 001098012345||NGUYỄN VĂN B|01012000|Nữ|Hà Nội|01012022   scan a code with this text'],
  optionsSchema: Options,
  build(_deps, { suffix, stx, aim }) {
    const wire = cable({ onBytes: () => undefined });
    const scan = (text: string): void => {
      const bytes = Buffer.from(`${stx ? '\x02' : ''}${aim}${text}${suffixes[suffix]}`, 'utf8');
      for (let at = 0; at < bytes.length; at += packetBytes) wire.send(bytes.subarray(at, at + packetBytes));
    };
    return {
      plug: wire.plug,
      unplug: wire.unplug,
      scan,
      act(line) {
        const text = /^\s*scan (.+)$/u.exec(line)?.[1];
        if (text === undefined) return 'type: scan <text of the code>';
        scan(text);
        return undefined;
      },
      close: wire.unplug,
    };
  },
});
