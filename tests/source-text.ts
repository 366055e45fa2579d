/** What a source file imports, and its code without comments and texts: enough of TypeScript's grammar for the rules of tidy.test.ts. */

/** `names`: what stands between the braces, types left out. `typeOnly`: nothing of it is left when the types are stripped. */
export type Import = { target: string; typeOnly: boolean; names: string[] };

const statement =
  /^[ \t]*(?:import|export)\s+(type\s+)?([^'"();=]*?)\s*\bfrom\s*['"]([^'"]+)['"]|^[ \t]*import\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)|\brequire\(\s*['"]([^'"]+)['"]\s*\)/gm;

export function importsOf(text: string): Import[] {
  const code = codeOnly(text);
  /** A statement inside a text is not one: its first word was blanked. */
  const real = [...withoutComments(text).matchAll(statement)].filter(({ 0: all, index }) => code[index + all.search(/\S/)] !== ' ');
  return real.map((match) => {
    const target = (match[3] ?? match[4] ?? match[5] ?? match[6])!;
    const clause = match[2] ?? '';
    const braces = /\{([^}]*)\}/.exec(clause)?.[1];
    const listed = (braces ?? '')
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '');
    const names = listed.filter((name) => !name.startsWith('type ')).map((name) => name.split(/\s+as\s+/)[0]!);
    const onlyTypesListed = listed.length > 0 && names.length === 0 && /^\{[^}]*\}$/.test(clause.trim());
    return { target, names, typeOnly: match[3] !== undefined && (match[1] !== undefined || onlyTypesListed) };
  });
}

/** Comments become spaces; texts stay, because the name of an imported file is one. */
export const withoutComments = (text: string): string => blank(text, { texts: false });

/** Comments, texts and regular expressions become spaces; line breaks and the code inside `${}` stay. */
export const codeOnly = (text: string): string => blank(text, { texts: true });

/** What may stand before a `/` that begins a regular expression rather than divides. */
const beforeRegex = /(?:^|[=(,:;!&|?{}[+\-*%~^<>]|\b(?:return|typeof|case|in|of|do|else|yield|await))\s*$/;

function blank(text: string, { texts }: { texts: boolean }): string {
  const out: string[] = [];
  /** Depth of braces inside each open `${`. */
  const templates: number[] = [];
  const take = (length: number, keep: boolean): void => {
    const part = text.slice(at, at + length);
    out.push(keep ? part : part.replace(/[^\n]/g, ' '));
    at += length;
  };
  let at = 0;
  while (at < text.length) {
    const here = text[at]!;
    const two = text.slice(at, at + 2);
    if (two === '//') take(lengthUntil(text, at, '\n'), false);
    else if (two === '/*') take(lengthUntil(text, at + 2, '*/') + 4, false);
    else if (here === "'" || here === '"') take(quotedLength(text, at), !texts);
    else if (here === '/' && beforeRegex.test(out.slice(-80).join(''))) take(regexLength(text, at), !texts);
    else if (here === '`' || (here === '}' && templates.at(-1) === 0)) {
      if (here === '}') templates.pop();
      const { length, opens } = templateLength(text, at);
      take(length, !texts);
      if (opens) templates.push(0);
    } else {
      if (here === '{' && templates.length > 0) templates[templates.length - 1]! += 1;
      if (here === '}' && templates.length > 0) templates[templates.length - 1]! -= 1;
      take(1, true);
    }
  }
  return out.join('');
}

function lengthUntil(text: string, from: number, end: string): number {
  const found = text.indexOf(end, from);
  return (found === -1 ? text.length : found) - from;
}

/** A quote that its line does not close is an apostrophe in the text of a page: only that character is taken. */
function quotedLength(text: string, from: number): number {
  const quote = text[from]!;
  for (let at = from + 1; at < text.length && text[at] !== '\n'; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === quote) return at + 1 - from;
  }
  return 1;
}

/** Without an end on its line it was a division or a closing tag: only that character is taken. */
function regexLength(text: string, from: number): number {
  let inClass = false;
  for (let at = from + 1; at < text.length && text[at] !== '\n'; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '[') inClass = true;
    else if (text[at] === ']') inClass = false;
    else if (text[at] === '/' && !inClass) return at + 1 - from;
  }
  return 1;
}

/** From a back-tick, or the brace that closes `${}`, to the next `${` or the closing back-tick. */
function templateLength(text: string, from: number): { length: number; opens: boolean } {
  for (let at = from + 1; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '`') return { length: at + 1 - from, opens: false };
    else if (text[at] === '$' && text[at + 1] === '{') return { length: at + 2 - from, opens: true };
  }
  return { length: text.length - from, opens: false };
}
