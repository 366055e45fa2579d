/** A hint while a new password is typed. What counts is decided by the centre, which also knows the list of common ones. */
export type PasswordHint = 'short' | 'same-as-user' | 'repetitive' | 'fair' | 'strong';
export const minPasswordLength = 12;

export function passwordHint({ password, userName }: { password: string; userName: string }): PasswordHint {
  if ([...password].length < minPasswordLength) return 'short';
  if (userName !== '' && password.toLowerCase().includes(userName.toLowerCase())) return 'same-as-user';
  if (new Set(password.toLowerCase()).size < 5 || isRun(password)) return 'repetitive';
  const kinds = [/\p{Ll}/u, /\p{Lu}/u, /\d/, /[^\p{L}\d]/u].filter((kind) => kind.test(password)).length;
  return [...password].length >= 16 || kinds >= 3 ? 'strong' : 'fair';
}

/** `abcdefghijkl`, `123456789012`: each letter is the next one. */
function isRun(password: string): boolean {
  const steps = [...password].slice(1).map((letter, at) => letter.codePointAt(0)! - password.codePointAt(at)!);
  return steps.filter((step) => Math.abs(step) <= 1).length >= steps.length - 2;
}
