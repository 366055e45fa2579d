/** Search as people type in a hurry: `nguyen thi dao` finds `Nguyễn Thị Đào`. */
export function fold(text: string): string {
  return text
    .normalize('NFD')
    .replace(/\p{Mn}/gu, '')
    .replace(/[đĐ]/g, 'd')
    .toLowerCase()
    .replace(/\s+/g, ' ')
    .trim();
}

/** Every word of `query` occurs somewhere in one of the texts. An empty query finds all. */
export function finds(query: string, ...texts: (string | null | undefined)[]): boolean {
  const words = fold(query).split(' ').filter(Boolean);
  if (words.length === 0) return true;
  const haystack = texts.map((text) => fold(text ?? '')).join(' ');
  return words.every((word) => haystack.includes(word));
}
