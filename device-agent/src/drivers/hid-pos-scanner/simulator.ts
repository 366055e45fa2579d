/** A scanner in HID-POS mode, as the manuals of Access-IS and Microscan describe its reports. */
import { z } from 'zod';
import { cable, defineSimulator, type Simulator } from '../simulator.ts';

export type PosScanner = Simulator & {
  /** Somebody holds a code in front of the scanner. */
  scan(text: string): void;
};

const Options = z.strictObject({
  maker: z.enum(['access-is', 'microscan']).default('access-is'),
  /** What the scanner was told to send after a code. */
  suffix: z.enum(['none', 'crlf']).default('none'),
});

export const hidPosScannerSimulator = defineSimulator<PosScanner, z.infer<typeof Options>>({
  kind: 'hid-pos-scanner',
  usage: ['scan 001098012345||NGUYỄN VĂN B|01012000|Nữ|Hà Nội|01012022   scan a code with this text'],
  optionsSchema: Options,
  build(_deps, { maker, suffix }) {
    const wire = cable({ onBytes: () => undefined });
    const scan = (text: string): void => {
      const bytes = Buffer.from(suffix === 'crlf' ? `${text}\r\n` : text, 'utf8');
      for (const report of maker === 'access-is' ? accessIsReports(bytes) : microscanReports(bytes)) wire.send(report);
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

/** LSR118 manual, B.1: number, length, three characters of the AIM identifier, 56 bytes, `s`, 0, and 1 where another report follows. */
function accessIsReports(code: Buffer): Buffer[] {
  const reports: Buffer[] = [];
  for (let at = 0; at < code.length; at += 56) {
    const part = code.subarray(at, at + 56);
    const head = Buffer.from([2, part.length, 0x5d, 0x51, 0x30]);
    const tail = Buffer.from([0x73, 0, at + 56 < code.length ? 1 : 0]);
    reports.push(Buffer.concat([head, part, Buffer.alloc(56 - part.length), tail]));
  }
  return reports;
}

/** MS-4 help, Microscan HID Report Format: number, length, 62 bytes. */
function microscanReports(code: Buffer): Buffer[] {
  const reports: Buffer[] = [];
  for (let at = 0; at < code.length; at += 62) {
    const report = Buffer.alloc(64);
    report[0] = 1;
    report[1] = code.copy(report, 2, at, at + 62);
    reports.push(report);
  }
  return reports;
}
