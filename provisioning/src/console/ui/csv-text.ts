/** CSV as spreadsheets in Vietnam open and save it. Source: RFC 4180; the byte order mark is what makes Excel read UTF-8. */

/** With byte order mark and CRLF. A text that a spreadsheet would run as a formula gets an apostrophe in front. */
export function writeCsv(rows: readonly (readonly (string | number)[])[]): string {
  return `\uFEFF${rows.map((row) => `${row.map(cell).join(',')}\r\n`).join('')}`;
}

function cell(value: string | number): string {
  if (typeof value === 'number') return String(value);
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n;]|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** The first `limit` lines, for a preview; the separator is the one of `,` `;` and tab that the first line has most of. */
export function previewCsv(text: string, limit: number): string[][] {
  const source = text.replace(/^\uFEFF/, '');
  const firstLine = source.slice(0, (source.search(/[\r\n]/) + 1 || source.length + 1) - 1);
  const separator = [',', ';', '\t']
    .map((mark) => ({ mark, count: firstLine.split(mark).length }))
    .sort((a, b) => b.count - a.count)[0]!.mark;
  const rows: string[][] = [];
  let row: string[] = [];
  let value = '';
  let quoted = false;
  const endCell = (): void => {
    row.push(value);
    value = '';
  };
  const endRow = (): void => {
    endCell();
    if (row.length > 1 || row[0] !== '') rows.push(row);
    row = [];
  };
  for (let at = 0; at < source.length && rows.length < limit; at += 1) {
    const letter = source[at]!;
    if (quoted) {
      if (letter !== '"') value += letter;
      else if (source[at + 1] === '"') {
        value += '"';
        at += 1;
      } else quoted = false;
    } else if (letter === '"' && value === '') quoted = true;
    else if (letter === separator) endCell();
    else if (letter === '\n') endRow();
    else if (letter !== '\r') value += letter;
  }
  if (rows.length < limit && (value !== '' || row.length > 0)) endRow();
  return rows;
}

/** Bytes of a file to text: UTF-8, or UTF-16 with its mark (Excel "Unicode text"). undefined: some other, old code page. */
export function textOfFile(bytes: Uint8Array): string | undefined {
  const encoding = bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : 'utf-8';
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
