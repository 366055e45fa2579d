/** Which users a terminal must still be told: from the wish of the config and what it has confirmed. */
import type { CommandReply } from './codec.ts';

export type User = { pin: string; name: string };
/** Of one terminal. Keys are PINs. `sent`: given out and not answered yet. */
export type UserState = {
  confirmed: Readonly<Record<string, string>>;
  refused: Readonly<Record<string, string>>;
  sent: readonly { id: string; user: User; atMs: number }[];
};
export type UserCommand = { id: string; user: User };

export const nothingSent: UserState = { confirmed: {}, refused: {}, sent: [] };
/** A terminal works through a few dozen lines between two polls. */
const perAnswer = 20;
/** Not answered by then: it was switched off, or lost them. */
const againAfterMs = 60_000;

/** The commands of the next answer. Asked again at once it gives none: they are under way. */
export function planUserCommands(
  state: UserState,
  { wanted, nowMs, newId }: { wanted: readonly User[]; nowMs: number; newId(): string },
): { state: UserState; commands: UserCommand[] } {
  const sent = state.sent.filter(({ user, atMs }) => nowMs - atMs < againAfterMs && wanted.some((wish) => same(wish, user)));
  const commands = wanted
    .filter((user) => state.confirmed[user.pin] !== user.name && state.refused[user.pin] !== user.name)
    .filter((user) => !sent.some((given) => same(given.user, user)))
    .slice(0, perAnswer)
    .map((user) => ({ id: newId(), user }));
  return { state: { ...state, sent: [...sent, ...commands.map((command) => ({ ...command, atMs: nowMs }))] }, commands };
}

/** `refused`: what the terminal said of commands of ours that it could not carry out; they are not given again until the wish changes. */
export function takeReplies(state: UserState, replies: readonly CommandReply[]): { state: UserState; refused: number[] } {
  const refused: number[] = [];
  let next = state;
  for (const { id, returned } of replies) {
    const given = next.sent.find((command) => command.id === id);
    if (given === undefined) continue;
    const { pin, name } = given.user;
    next = {
      confirmed: returned >= 0 ? { ...next.confirmed, [pin]: name } : next.confirmed,
      refused: returned >= 0 ? next.refused : { ...next.refused, [pin]: name },
      sent: next.sent.filter((command) => command.id !== id),
    };
    if (returned < 0) refused.push(returned);
  }
  return { state: next, refused };
}

const same = (a: User, b: User): boolean => a.pin === b.pin && a.name === b.name;

/** What a desired document can carry beside other slots. */
export const maxUsers = 128;

/** `1023=Nguyễn Thị An; 1024=Trần Văn Bình` as users; a text that says what is wrong with it. */
export function readUsers(text: string): User[] | string {
  const users: User[] = [];
  for (const part of text.split(';').map((piece) => piece.trim())) {
    if (part === '') continue;
    const match = /^([0-9A-Za-z]{1,24})\s*=\s*([^=\p{Cc}]{1,48})$/u.exec(part);
    if (match === null) return 'write each user as number=name with semicolons between them, e.g. 1023=Nguyễn Thị An; 1024=Trần Văn Bình';
    const user = { pin: match[1]!, name: match[2]!.trim() };
    if (users.some(({ pin }) => pin === user.pin)) return 'a user number is there twice';
    users.push(user);
  }
  return users.length > maxUsers ? `at most ${maxUsers} users` : users;
}
