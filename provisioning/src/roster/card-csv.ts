/** A school's card list as its office has it: CSV from a spreadsheet, with Vietnamese or English headings. */
import { cardHash } from '@tramhoc/base/digest';
import { TramError } from '@tramhoc/protocol/errors';
import { maxSiteCards } from '@tramhoc/protocol/limits';
import { CardHolder } from '@tramhoc/protocol/roster';
import { parse } from 'csv-parse/sync';
import { isPlainlyHex, readCardNumber } from './card-number.ts';

/** Headings without tone marks, spaces and case: `Họ tên`, `ho_ten`, `HO TEN` are one. */
const headings = {
  card: ['card', 'cardnumber', 'uid', 'sothe', 'mathe', 'the'],
  person: ['person', 'personid', 'id', 'code', 'ma', 'mahocsinh', 'mahs', 'mann', 'madinhdanh'],
  name: ['name', 'fullname', 'hoten', 'hovaten', 'ten'],
  group: ['group', 'class', 'lop', 'nhom', 'to'],
} as const;
type Column = keyof typeof headings;
/** Nobody reads more; the same slip usually repeats in every line. */
const maxFaults = 200;

export type CardFault = { line: number; reason: string };
/** `faults`: the first ones, `faultCount`: of all lines. */
export type CardList = { holders: CardHolder[]; faults: CardFault[]; faultCount: number };

/**
 * Reads the whole list before anything is written. `line` counts from 1, the heading included. A reason never repeats the card number.
 * Throws CSV_INVALID when it is not such a file at all.
 */
export function readCardCsv(bytes: Uint8Array, cardKey: string): CardList {
  const text = textOf(bytes);
  const rows = recordsOf(text, separatorOf(text));
  const columns = columnsOf(rows[0]?.record ?? []);
  const body = rows.slice(1);
  if (body.length === 0) throw new TramError('CSV_INVALID', 'the file has a heading but no lines; add the cards.');
  if (body.length > maxSiteCards) throw new TramError('CSV_INVALID', `${body.length} lines; a site has at most ${maxSiteCards} cards.`);
  const columnIsHex = body.some(({ record }) => isPlainlyHex(record[columns.card]?.trim() ?? ''));
  const list: CardList = { holders: [], faults: [], faultCount: 0 };
  const note = (fault: CardFault): void => {
    list.faultCount += 1;
    if (list.faults.length < maxFaults) list.faults.push(fault);
  };
  const lineOfCard = new Map<string, number>();
  for (const { record, line } of body) {
    const read = readLine(record, columns, { cardKey, columnIsHex });
    if (typeof read === 'string') note({ line, reason: read });
    else {
      const earlier = lineOfCard.get(read.cardHash);
      if (earlier !== undefined) note({ line, reason: `the same card as in line ${earlier}` });
      else lineOfCard.set(read.cardHash, line);
      list.holders.push(read);
    }
  }
  return list;
}

function readLine(
  record: readonly string[],
  columns: Record<Column, number>,
  { cardKey, columnIsHex }: { cardKey: string; columnIsHex: boolean },
): CardHolder | string {
  const value = (column: Column): string => (columns[column] < 0 ? '' : (record[columns[column]] ?? '')).trim().normalize('NFC');
  if (value('card') === '') return 'the card number is missing';
  const card = readCardNumber(value('card'), { columnIsHex });
  if (!card.ok) return card.reason;
  if (value('person') === '') return "the person's number is missing";
  if (value('name') === '') return 'the name is missing';
  const holder = CardHolder.safeParse({
    cardHash: cardHash({ cardKey, number: card.number }),
    personId: value('person'),
    name: value('name'),
    group: value('group'),
  });
  return holder.success ? holder.data : `${holder.error.issues[0]!.path.join('.')} is too long`;
}

/** UTF-8 with or without a byte order mark, or UTF-16 little endian with one, as spreadsheets save it. */
function textOf(bytes: Uint8Array): string {
  const utf16 = bytes[0] === 0xff && bytes[1] === 0xfe;
  try {
    return new TextDecoder(utf16 ? 'utf-16le' : 'utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new TramError('CSV_INVALID', 'the file is not UTF-8; save it as "CSV UTF-8" in the spreadsheet.', { cause });
  }
}

/** The separator that the heading has most of. */
function separatorOf(text: string): string {
  const heading = text.slice(0, text.search(/\r|\n|$/));
  const counts = [',', ';', '\t'].map((separator) => ({ separator, count: heading.split(separator).length }));
  return counts.sort((a, b) => b.count - a.count)[0]!.separator;
}

function recordsOf(text: string, delimiter: string): { record: string[]; line: number }[] {
  try {
    const rows = parse(text, {
      delimiter,
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
      max_record_size: 4_096,
    }) as unknown as {
      record: string[];
      info: { lines: number };
    }[];
    return rows.filter(({ record }) => record.some((cell) => cell.trim() !== '')).map(({ record, info }) => ({ record, line: info.lines }));
  } catch (cause) {
    const line = (cause as { lines?: number }).lines;
    throw new TramError(
      'CSV_INVALID',
      `the file is not CSV${line === undefined ? '' : ` near line ${line}`}: a quotation mark is left open or misplaced.`,
      { cause },
    );
  }
}

function columnsOf(heading: readonly string[]): Record<Column, number> {
  const plain = heading.map((cell) =>
    cell
      .normalize('NFD')
      .replace(/[\u0300-\u036f]/g, '')
      .toLowerCase()
      .replaceAll('đ', 'd')
      .replace(/[^a-z]/g, ''),
  );
  const find = (column: Column): number => plain.findIndex((cell) => (headings[column] as readonly string[]).includes(cell));
  const columns = { card: find('card'), person: find('person'), name: find('name'), group: find('group') };
  const missing = (['card', 'person', 'name'] as const).filter((column) => columns[column] < 0);
  if (missing.length > 0)
    throw new TramError(
      'CSV_INVALID',
      `the first line must name the columns: card, person, name, group (or so_the, ma, ho_ten, lop); missing: ${missing.join(', ')}.`,
    );
  return columns;
}
