/** A class 1 projector as the PJLink specifications describe it: standby, warming, on, cooling; password; 30 s idle limit. */
import { createHash } from 'node:crypto';
import type { Timer } from '@tramhoc/base/clock';
import { z } from 'zod';
import { cable, defineSimulator, type Simulator } from '../simulator.ts';

export type ProjectorPower = 'off' | 'warming' | 'on' | 'cooling';
export type Projector = Simulator & {
  power(): ProjectorPower;
  /** Somebody uses the remote control. Ignored while the lamp warms or cools, as on real ones. */
  pressPower(wanted: 'on' | 'off'): void;
  setInput(code: string): void;
  /** Picture and sound. */
  setMuted(muted: boolean): void;
  setLampHours(hours: readonly number[]): void;
  /** Six digits as in ERST: fan, lamp, temperature, cover, filter, other; 0 fine, 1 warning, 2 error. */
  setFaults(digits: string): void;
};

/** Specifications 3: the projector may close a connection on which nothing was asked for this long. */
const idleMs = 30_000;

const Options = z.strictObject({
  password: z.string().max(32).default(''),
  name: z.string().max(64).default('Máy chiếu phòng 101'),
  manufacturer: z.string().max(32).default('Tramhoc'),
  model: z.string().max(32).default('Simulated class 1'),
  warmMs: z.coerce.number().min(0).default(8_000),
  coolMs: z.coerce.number().min(0).default(5_000),
  on: z.stringbool().or(z.boolean()).default(false),
});
type Options = z.infer<typeof Options>;

export const pjlinkSimulator = defineSimulator<Projector, Options>({
  kind: 'pjlink',
  usage: [
    'on | off             press the power key of the remote control',
    'input 31             switch to input 31 (digital 1)',
    'mute on | mute off   blank picture and sound',
    'lamp 1234            set the lamp hours',
    'faults 010000        fan, lamp, temperature, cover, filter, other: 0 fine, 1 warning, 2 error',
  ],
  optionsSchema: Options,
  build({ clock, random }, options) {
    const state: State = { power: options.on ? 'on' : 'off', input: '31', muted: false, lampHours: [1_234], faults: '000000' };
    let heard = '';
    let challenge: string | undefined;
    let lampTimer: Timer | undefined;
    let idleTimer: Timer | undefined;

    const wire = cable({
      onBytes(chunk) {
        heard = (heard + Buffer.from(chunk).toString('utf8')).slice(-512);
        for (let end = heard.indexOf('\r'); end >= 0; end = heard.indexOf('\r')) {
          const line = heard.slice(0, end);
          heard = heard.slice(end + 1);
          wire.send(`${admit(line)}\r`);
          restartIdle();
        }
      },
      onUnplugged: () => idleTimer?.cancel(),
    });
    const restartIdle = (): void => {
      idleTimer?.cancel();
      idleTimer = clock.after(idleMs, () => wire.unplug());
    };
    const pressPower = (wanted: 'on' | 'off'): void => {
      if (state.power === wanted || state.power === 'warming' || state.power === 'cooling') return;
      state.power = wanted === 'on' ? 'warming' : 'cooling';
      lampTimer = clock.after(wanted === 'on' ? options.warmMs : options.coolMs, () => {
        state.power = wanted;
      });
    };
    /** The first command of a connection proves the password, if there is one. */
    const admit = (line: string): string => {
      if (challenge === undefined) return answer(line, { state, options, pressPower });
      const proof = createHash('md5')
        .update(challenge + options.password)
        .digest('hex');
      if (!line.startsWith(proof)) return 'PJLINK ERRA';
      challenge = undefined;
      return answer(line.slice(proof.length), { state, options, pressPower });
    };
    const projector: Projector = {
      plug(link) {
        wire.plug(link);
        heard = '';
        challenge = options.password === '' ? undefined : Buffer.from(random.bytes(4)).toString('hex');
        wire.send(challenge === undefined ? 'PJLINK 0\r' : `PJLINK 1 ${challenge}\r`);
        restartIdle();
      },
      unplug: wire.unplug,
      power: () => state.power,
      pressPower,
      setInput(code) {
        state.input = code;
      },
      setMuted(muted) {
        state.muted = muted;
      },
      setLampHours(hours) {
        state.lampHours = hours;
      },
      setFaults(digits) {
        state.faults = digits;
      },
      act: (line) => actOn(projector, line),
      close() {
        lampTimer?.cancel();
        wire.unplug();
      },
    };
    return projector;
  },
});

type State = { power: ProjectorPower; input: string; muted: boolean; lampHours: readonly number[]; faults: string };
type Inside = { state: State; options: Options; pressPower(wanted: 'on' | 'off'): void };

function answer(line: string, inside: Inside): string {
  const [, name, parameter] = /^%1([A-Z0-9]{4}) (.*)$/i.exec(line) ?? [];
  if (name === undefined || parameter === undefined) return '%1????=ERR1';
  return `%1${name.toUpperCase()}=${reply(name.toUpperCase(), parameter, inside)}`;
}

/** Specifications 4: what each command gives, by the state of the projector. In standby there is no input and no picture to speak of. */
function reply(name: string, parameter: string, { state, options, pressPower }: Inside): string {
  const { power, input, muted, lampHours, faults } = state;
  if (name === 'POWR' && parameter !== '?') {
    if (parameter !== '0' && parameter !== '1') return 'ERR2';
    if (power === 'warming' || power === 'cooling') return 'ERR3';
    pressPower(parameter === '1' ? 'on' : 'off');
    return 'OK';
  }
  if (parameter !== '?') return 'ERR2';
  if (name === 'INPT') return power === 'on' ? input : 'ERR3';
  if (name === 'AVMT') return power === 'on' ? (muted ? '31' : '30') : 'ERR3';
  const fixed: Record<string, string> = {
    POWR: { off: '0', on: '1', cooling: '2', warming: '3' }[power],
    ERST: faults,
    LAMP: lampHours.map((hours) => `${hours} ${power === 'on' ? 1 : 0}`).join(' '),
    INST: '11 31 32',
    NAME: options.name,
    INF1: options.manufacturer,
    INF2: options.model,
    INFO: '',
    CLSS: '1',
  };
  return fixed[name] ?? 'ERR1';
}

function actOn(projector: Projector, line: string): string | undefined {
  const [verb = '', value = ''] = line.trim().split(/\s+/);
  if (verb === 'on' || verb === 'off') projector.pressPower(verb);
  else if (verb === 'input' && /^[1-9][0-9A-Z]$/.test(value)) projector.setInput(value);
  else if (verb === 'mute' && (value === 'on' || value === 'off')) projector.setMuted(value === 'on');
  else if (verb === 'lamp' && /^\d{1,5}$/.test(value)) projector.setLampHours([Number(value)]);
  else if (verb === 'faults' && /^[0-2]{6}$/.test(value)) projector.setFaults(value);
  else return 'type: on, off, input <11..>, mute on|off, lamp <hours>, or faults <six digits 0..2>';
  return undefined;
}
