/** What a password must not be. Length is the contract's (12 to 256); no rules about kinds of characters (NIST SP 800-63B, 3.1.1.2). */

/** Words that the passwords everybody tries are made of, also in Vietnamese. */
const commonWords = [
  ...[
    'password',
    'passwort',
    'passw0rd',
    'p@ssword',
    'p@ssw0rd',
    'matkhau',
    'qwertyuiop',
    'qwerty',
    'asdfghjkl',
    'asdfgh',
    'zxcvbnm',
    'zxcvbn',
  ],
  ...[
    '1q2w3e4r5t',
    '1q2w3e4r',
    'qazwsxedc',
    'qazwsx',
    'admin',
    'administrator',
    'root',
    'letmein',
    'welcome',
    'iloveyou',
    'anhyeuem',
    'emyeuanh',
  ],
  ...[
    'tramhoc',
    'school',
    'truonghoc',
    'giaoduc',
    'hocsinh',
    'giaovien',
    'vietnam',
    'hochiminh',
    'saigon',
    'hanoi',
    'abc',
    'monkey',
    'dragon',
  ],
  ...['changeme', 'default', 'secret', 'football', 'baseball', 'sunshine', 'princess', 'master', 'login', 'test', 'user', 'kiosk'],
];
/** Letters that must be left when those words, digits and signs are taken away. */
const leastLeft = 5;

/** Why `password` may not be used, in one sentence, or undefined. */
export function passwordFault(password: string, { userName }: { userName: string }): string | undefined {
  if (password.length < 12) return 'use at least 12 characters.';
  const plain = password
    .toLowerCase()
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .replaceAll('đ', 'd');
  if (plain.includes(userName.toLowerCase())) return 'leave the user name out of it.';
  if (new Set(plain).size < 5) return 'use more different characters.';
  if (isRepetition(plain)) return 'it repeats one short piece; use something longer.';
  if (isRun(plain)) return 'it is a row of neighbouring characters; use something else.';
  if (/^[\d\s./-]+$/.test(plain)) return 'dates and telephone numbers are tried first; add words.';
  let left = plain;
  for (const word of commonWords) left = left.replaceAll(word, '');
  const wordFound = left !== plain;
  left = left.replace(/\d|[^\p{L}]/gu, '');
  if (wordFound && left.length < leastLeft) return 'it is made of words that everybody tries; use something else.';
  return undefined;
}

function isRepetition(text: string): boolean {
  for (let size = 1; size <= 4; size += 1)
    if (
      text ===
      text
        .slice(0, size)
        .repeat(Math.ceil(text.length / size))
        .slice(0, text.length)
    )
      return true;
  return false;
}

function isRun(text: string): boolean {
  let neighbours = 0;
  for (let at = 1; at < text.length; at += 1) if (Math.abs(text.charCodeAt(at) - text.charCodeAt(at - 1)) <= 1) neighbours += 1;
  return neighbours >= text.length - 3;
}
