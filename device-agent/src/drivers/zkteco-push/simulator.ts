/** A ZKTeco terminal on somebody's wall: keeps its records, tells them when it can, carries out commands. Written from the protocol V5.8. */
import { z } from 'zod';
import type { HttpAnswer } from '../../transports/http-in.ts';
import { clientCable } from '../simulated-client.ts';
import { defineSimulator, type Simulator } from '../simulator.ts';

export type PushTerminal = Simulator & {
  /** Somebody uses it now. Codes as in the protocol: status 0 in, 1 out; verify 1 finger, 15 face. */
  punch(pin: string, how?: { status?: number; verify?: number }): void;
  /** PIN -> name, as the server told it. */
  users(): ReadonlyMap<string, string>;
  unsentCount(): number;
  /** The next answers to the server's commands. */
  answerCommandsWith(returned: number): void;
};

const Options = z.strictObject({
  serial: z.string().default('0316144680030'),
  dialect: z.enum(['tabs', 'keys']).default('tabs'),
  /** Minutes from UTC of its own clock. */
  utcOffsetMinutes: z.coerce.number().int().default(420),
  /** An access terminal: it registers, and tells passages of its door instead of attendance. */
  registers: z.stringbool().or(z.boolean()).default(false),
});

type Row = { pin: string; time: string; status: number; verify: number };
/** Records of one upload. */
const perUpload = 100;

export const zktecoPushSimulator = defineSimulator<PushTerminal, z.infer<typeof Options>>({
  kind: 'zkteco-push',
  usage: ['punch 1023        somebody with this number puts a finger on it', 'punch 1023 out    and leaves'],
  optionsSchema: Options,
  build({ clock }, options) {
    const log: Row[] = [];
    const users = new Map<string, string>();
    let uploaded = 0;
    let delayMs = 10_000;
    let errorDelayMs = 30_000;
    let returned = 0;
    let wake = Promise.withResolvers<void>();
    const query = (more: Record<string, string> = {}): Record<string, string> => ({ SN: options.serial, ...more });
    const rest = async (ms: number, signal: AbortSignal): Promise<void> => {
      const early = new AbortController();
      await Promise.race([clock.sleep(ms, AbortSignal.any([signal, early.signal])).catch(() => undefined), wake.promise]);
      early.abort();
      signal.throwIfAborted();
    };

    const register = async (): Promise<boolean> => {
      const about = bytes('DeviceType=acc,~DeviceName=SIM');
      const registered = await cable.ask({ method: 'POST', path: '/iclock/registry', query: query(), body: about });
      if (!/^RegistryCode=\w{1,32}\s*$/.test(textOf(registered))) return false;
      const given = await cable.ask({ method: 'POST', path: '/iclock/push', query: query() });
      return /^Realtime=1$/m.test(textOf(given));
    };
    const greet = async (): Promise<boolean> => {
      const answer = await cable.ask({
        method: 'GET',
        path: '/iclock/cdata',
        query: query({
          options: 'all',
          language: '86',
          ...(options.registers ? { pushver: '3.1.2', DeviceType: 'acc' } : { pushver: '2.4.1' }),
        }),
      });
      if (options.registers && !(await register())) return false;
      const lines = textOf(answer).split('\n');
      if (answer?.status !== 200 || lines[0] !== `GET OPTION FROM: ${options.serial}`) return false;
      const value = (key: string): string | undefined => lines.find((line) => line.startsWith(`${key}=`))?.slice(key.length + 1);
      delayMs = Number(value('Delay') ?? 10) * 1_000;
      errorDelayMs = Number(value('ErrorDelay') ?? 30) * 1_000;
      const stamp = value('ATTLOGStamp') ?? 'None';
      // 0: send everything again; a stamp of ours: from there; None: from where we are
      if (/^\d+$/.test(stamp)) uploaded = Math.min(uploaded, Number(stamp));
      return true;
    };
    const upload = async (): Promise<boolean> => {
      const rows = log.slice(uploaded, uploaded + perUpload);
      const stamp = String(uploaded + rows.length);
      const answer = await cable.ask({
        method: 'POST',
        path: '/iclock/cdata',
        query: query(options.registers ? { table: 'rtlog' } : { table: 'ATTLOG', Stamp: stamp }),
        body: bytes(rows.map((row, at) => (options.registers ? passageText(row, uploaded + at) : rowText(row, options.dialect))).join('')),
      });
      const taken = options.registers ? textOf(answer).trim() === 'OK' : Number(/^OK:\s*(\d+)/.exec(textOf(answer))?.[1]) === rows.length;
      if (answer?.status !== 200 || !taken) return false;
      uploaded += rows.length;
      return true;
    };
    const poll = async (): Promise<boolean> => {
      const answer = await cable.ask({ method: 'GET', path: '/iclock/getrequest', query: query() });
      if (answer?.status !== 200) return false;
      const results = textOf(answer)
        .split('\n')
        .flatMap((line) => {
          const [, id = '', what = ''] = /^C:([^:]+):(.*)$/.exec(line) ?? [];
          if (id === '') return [];
          const user = /^DATA UPDATE USERINFO PIN=([^\t]+)\tName=([^\t]*)/.exec(what);
          if (user !== null && returned === 0) users.set(user[1]!, user[2]!);
          return [`ID=${id}&Return=${user === null ? -1 : returned}&CMD=DATA`];
        });
      if (results.length > 0)
        await cable.ask({ method: 'POST', path: '/iclock/devicecmd', query: query(), body: bytes(`${results.join('\n')}\n`) });
      return true;
    };
    const life = async (signal: AbortSignal): Promise<void> => {
      let greeted = false;
      for (;;) {
        greeted = greeted || (await greet());
        let well = greeted;
        while (well && uploaded < log.length) well = await upload();
        if (well) well = await poll();
        signal.throwIfAborted();
        if (!well) greeted = false;
        // somebody punched meanwhile
        if (well && uploaded < log.length) continue;
        await rest(well ? delayMs : errorDelayMs, signal);
      }
    };
    const cable = clientCable({ clock, life });

    const punch: PushTerminal['punch'] = (pin, { status = 0, verify = 1 } = {}) => {
      const time = new Date(clock.wallMs() + options.utcOffsetMinutes * 60_000).toISOString().slice(0, 19).replace('T', ' ');
      log.push({ pin, time, status, verify });
      const { resolve } = wake;
      wake = Promise.withResolvers();
      resolve();
    };
    return {
      plug: cable.plug,
      unplug: cable.unplug,
      punch,
      users: () => users,
      unsentCount: () => log.length - uploaded,
      answerCommandsWith(code) {
        returned = code;
      },
      act(line) {
        const match = /^punch\s+([0-9A-Za-z]{1,24})(?:\s+(in|out))?$/.exec(line.trim());
        if (match === null) return 'type: punch <number> [in|out]';
        punch(match[1]!, { status: match[2] === 'out' ? 1 : 0 });
        return undefined;
      },
      close: cable.unplug,
    };
  },
});

function rowText({ pin, time, status, verify }: Row, dialect: 'tabs' | 'keys'): string {
  return dialect === 'tabs'
    ? `${pin}\t${time}\t${status}\t${verify}\t0\t0\t0\n`
    : `PIN=${pin}\tTime=${time}\tStatus=${status}\tVerifyMode=${verify}\n`;
}

/** Somebody is let in, and the door opens. */
function passageText({ pin, time, status, verify }: Row, index: number): string {
  const row = (who: string, event: number, way: number, at: number): string =>
    `time=${time}\tpin=${who}\tcardno=0\teventaddr=1\tevent=${event}\tinoutstatus=${status}\tverifytype=${way}\tindex=${at}\n`;
  return row(pin, 0, verify, 2 * index) + row('0', 200, 200, 2 * index + 1);
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (answer: HttpAnswer | undefined): string =>
  typeof answer?.body === 'string' ? answer.body : new TextDecoder().decode(answer?.body ?? new Uint8Array());
