/**
 * A projector as the PJLink specifications describe it (class 1 version 1.04, class 2 version 2.10): standby, warming, on, cooling; password by MD5
 * or SHA-256; 30 s idle limit.
 */
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
  setFilterHours(hours: number): void;
};

/** Specifications 3: the projector may close a connection on which nothing was asked for this long. */
const idleMs = 30_000;

const Options = z.strictObject({
  password: z.string().max(32).default(''),
  name: z.string().max(64).default('Máy chiếu phòng 101'),
  manufacturer: z.string().max(32).default('Tramhoc'),
  model: z.string().max(32).default('Simulated'),
  class: z.coerce.number().int().min(1).max(2).default(2),
  /** `md5` is what devices before version 2.10 know. */
  authentication: z.enum(['md5', 'sha256']).default('sha256'),
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
    'filter 250           set the hours of the filter',
    'faults 010000        fan, lamp, temperature, cover, filter, other: 0 fine, 1 warning, 2 error',
  ],
  optionsSchema: Options,
  build({ clock, random }, options) {
    const state: State = {
      power: options.on ? 'on' : 'off',
      input: '31',
      muted: false,
      frozen: false,
      lampHours: [1_234],
      filterHours: 120,
      faults: '000000',
    };
    let heard = '';
    let challenge: string | undefined;
    let secureChallenge: string | undefined;
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
      if (line === 'PJLINK 2' && options.authentication === 'sha256') {
        secureChallenge = Buffer.from(random.bytes(16)).toString('hex');
        return `PJLINK 2 ${secureChallenge}`;
      }
      const proof = expectedProof(line, { challenge, secureChallenge, password: options.password });
      if (!line.startsWith(proof)) return 'PJLINK ERRA';
      challenge = undefined;
      return answer(line.slice(proof.length), { state, options, pressPower });
    };
    const projector: Projector = {
      plug(link) {
        wire.plug(link);
        heard = '';
        secureChallenge = undefined;
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
      setFilterHours(hours) {
        state.filterHours = hours;
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

type State = {
  power: ProjectorPower;
  input: string;
  muted: boolean;
  frozen: boolean;
  lampHours: readonly number[];
  filterHours: number;
  faults: string;
};
type Inside = { state: State; options: Options; pressPower(wanted: 'on' | 'off'): void };

/** Specifications 5.1. The SHA-256 proof begins with the controller's own random number, which the projector takes from the line. */
function expectedProof(
  line: string,
  { challenge, secureChallenge, password }: { challenge: string; secureChallenge: string | undefined; password: string },
): string {
  if (secureChallenge === undefined)
    return createHash('md5')
      .update(challenge + password)
      .digest('hex');
  const own = /^[0-9a-f]{32}/.exec(line)?.[0] ?? '0'.repeat(32);
  const mixed = (BigInt(`0x${own}`) ^ BigInt(`0x${secureChallenge}`)).toString(16).padStart(32, '0');
  const digest = createHash('sha256')
    .update(mixed + password)
    .digest('hex');
  return own + digest;
}

function answer(line: string, inside: Inside): string {
  const [, written, name, parameter] = /^%([12])([A-Z0-9]{4}) (.*)$/i.exec(line) ?? [];
  if (written === undefined || name === undefined || parameter === undefined) return '%1????=ERR1';
  const asked = name.toUpperCase();
  const value = Number(written) > inside.options.class ? 'ERR1' : reply(asked, { parameter, written, ...inside });
  return `%${written}${asked}=${value}`;
}

/** Specifications 4: what each command gives, by the state of the projector. In standby there is no input and no picture to speak of. */
function reply(name: string, asked: Inside & { parameter: string; written: string }): string {
  const { parameter, state } = asked;
  if (name === 'INNM' && asked.written === '2') return inputName(parameter, state);
  if (parameter !== '?') return set(name, asked);
  if (asked.written === '2' && name !== 'INPT' && name !== 'INST') return class2Answers(asked)[name] ?? 'ERR1';
  return class1Answers(asked)[name] ?? 'ERR1';
}

const inputNames: Readonly<Record<string, string>> = { '11': 'VGA', '31': 'Máy tính', '32': 'Hộp số' };

function inputName(parameter: string, { power }: State): string {
  if (power !== 'on') return 'ERR3';
  return inputNames[parameter.slice(1)] ?? 'ERR2';
}

function set(name: string, { parameter, state, pressPower }: Inside & { parameter: string }): string {
  if (name === 'POWR') {
    if (parameter !== '0' && parameter !== '1') return 'ERR2';
    if (state.power === 'warming' || state.power === 'cooling') return 'ERR3';
    pressPower(parameter === '1' ? 'on' : 'off');
    return 'OK';
  }
  if (state.power !== 'on' && ['INPT', 'AVMT', 'FREZ', 'SVOL', 'MVOL'].includes(name)) return 'ERR3';
  if (name === 'INPT') {
    if (inputNames[parameter] === undefined) return 'ERR2';
    state.input = parameter;
    return 'OK';
  }
  if (name === 'AVMT') {
    if (!/^[1-3][01]$/.test(parameter)) return 'ERR2';
    state.muted = parameter.endsWith('1');
    return 'OK';
  }
  if (!/^[01]$/.test(parameter)) return 'ERR2';
  if (name === 'FREZ') state.frozen = parameter === '1';
  return name === 'FREZ' || name === 'SVOL' || name === 'MVOL' ? 'OK' : 'ERR2';
}

function class1Answers({ state, options }: Inside): Record<string, string> {
  const { power, input, muted, lampHours, faults } = state;
  return {
    POWR: { off: '0', on: '1', cooling: '2', warming: '3' }[power],
    INPT: power === 'on' ? input : 'ERR3',
    AVMT: power === 'on' ? (muted ? '31' : '30') : 'ERR3',
    ERST: faults,
    LAMP: lampHours.map((hours) => `${hours} ${power === 'on' ? 1 : 0}`).join(' '),
    INST: Object.keys(inputNames).join(' '),
    NAME: options.name,
    INF1: options.manufacturer,
    INF2: options.model,
    INFO: '',
    CLSS: String(options.class),
  };
}

function class2Answers({ state: { power, filterHours, frozen } }: Inside): Record<string, string> {
  return {
    SNUM: 'SIM0000001',
    SVER: '1.0',
    IRES: power === 'on' ? '1920x1080' : 'ERR3',
    RRES: '1920x1080',
    FILT: String(filterHours),
    RLMP: 'SIM-LAMP',
    RFIL: 'SIM-FILTER',
    FREZ: power === 'on' ? (frozen ? '1' : '0') : 'ERR3',
  };
}

function actOn(projector: Projector, line: string): string | undefined {
  const [verb = '', value = ''] = line.trim().split(/\s+/);
  if (verb === 'on' || verb === 'off') projector.pressPower(verb);
  else if (verb === 'input' && inputNames[value] !== undefined) projector.setInput(value);
  else if (verb === 'mute' && (value === 'on' || value === 'off')) projector.setMuted(value === 'on');
  else if (verb === 'lamp' && /^\d{1,5}$/.test(value)) projector.setLampHours([Number(value)]);
  else if (verb === 'filter' && /^\d{1,5}$/.test(value)) projector.setFilterHours(Number(value));
  else if (verb === 'faults' && /^[0-2]{6}$/.test(value)) projector.setFaults(value);
  else
    return `type: on, off, input ${Object.keys(inputNames).join('|')}, mute on|off, lamp <hours>, filter <hours>, or faults <six digits 0..2>`;
  return undefined;
}
