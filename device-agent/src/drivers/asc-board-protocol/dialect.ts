/** What ViewSonic and BenQ boards say alike: power, input, volume, mute; and how a board's own questions join in. */
import type { DisplayPower } from '@tramhoc/protocol/asset';
import { type BoardFacts, boardState, learned, noBoardFacts, percent, powered, refused } from '../board-facts.ts';
import type { Answer, Command, Dialect, Wish } from '../display-dialect.ts';
import { encode, type Frame } from './codec.ts';

/** A question of one maker. `ask`: the value that is sent with it. `hear` undefined: not the answer to this question. */
export type Question = { code: string; ask: string; hear(value: string, facts: BoardFacts): Answer<BoardFacts> | undefined };
export type AscBoard = {
  displayId: number;
  /** Value of the power command that switches off. */
  offValue: string;
  powers: Readonly<Record<string, DisplayPower>>;
  /** The input as a person would wish for it, from the three characters of the answer. */
  inputOf(value: string): string | undefined;
  /** Asked every round while the board is on. */
  often: Readonly<Record<string, Question>>;
  /** Asked once per connection. */
  once: Readonly<Record<string, Question>>;
};

/** Commands that set; the board answers `+` or `-`. */
const set = { power: '!', input: '"', volumePct: '5', muted: '6' } as const;

export function ascDialect(board: AscBoard): Dialect<Frame, BoardFacts> {
  const { displayId } = board;
  const common: Record<string, Question> = {
    power: { code: 'l', ask: '000', hear: (value, facts) => powered(facts, board.powers[value] ?? 'unknown') },
    volumePct: {
      code: 'f',
      ask: '000',
      hear: (value, facts) => learned(facts, { volumePct: digits(value) ? percent(Number(value)) : undefined }),
    },
    muted: {
      code: 'g',
      ask: '000',
      hear: (value, facts) => learned(facts, { muted: value === '001' ? true : value === '000' ? false : undefined }),
    },
    input: { code: 'j', ask: '000', hear: (value, facts) => learned(facts, { input: board.inputOf(value) }) },
  };
  const questions: Record<string, Question> = { ...common, ...board.often, ...board.once };
  const ask = (name: string): Command => {
    const { code, ask: value } = questions[name]!;
    return { name, bytes: encode({ type: 'g', displayId, code, value }) };
  };
  return {
    noFacts: noBoardFacts,
    replyMs: 2_000,
    retries: 1,
    gapMs: 0,
    noAnswer: 'check cable, speed and ID; by network the board must be on, or allow control in standby.',
    power: ask('power'),
    questions: ({ known }, { first }) => {
      const often = known.power === 'on' ? ['input', 'volumePct', 'muted', ...Object.keys(board.often)] : [];
      return [...often, ...(first ? Object.keys(board.once) : [])].map(ask);
    },
    confirm: ask,
    change: (wish) => change(wish, board),
    hear(asked, frame, facts) {
      if (frame.displayId !== undefined && frame.displayId !== displayId) return undefined;
      const question = asked.name.startsWith('set ') ? undefined : questions[asked.name]!;
      if (question === undefined) return frame.kind === 'ack' ? { is: frame.ok ? 'done' : 'later', facts } : undefined;
      // a board may say that it took the question before it answers it
      if (frame.kind === 'ack') return frame.ok ? undefined : refusal(asked.name, asked.name in common, facts);
      return frame.code === question.code ? question.hear(frame.value, facts) : undefined;
    },
    stateOf: boardState,
  };
}

function change(wish: Wish, { displayId, offValue }: AscBoard): Command {
  return { name: `set ${wish.aspect}`, bytes: encode({ type: 's', displayId, code: set[wish.aspect], value: valueFor(wish, offValue) }) };
}

function valueFor(wish: Wish, offValue: string): string {
  switch (wish.aspect) {
    case 'power':
      return wish.value === 'on' ? '001' : offValue;
    case 'input':
      return wish.value;
    case 'volumePct':
      return String(wish.value).padStart(3, '0');
    case 'muted':
      return wish.value ? '001' : '000';
    default:
      return wish satisfies never;
  }
}

/** What every board knows is refused for a while only; a maker's extras are not in every series. */
function refusal(name: string, common: boolean, facts: BoardFacts): Answer<BoardFacts> {
  if (!common) return { is: 'unknown', facts };
  return refused(facts, name === 'power' ? [] : [name as 'input'], 'later');
}

const digits = (value: string): boolean => /^\d{3}$/.test(value);
