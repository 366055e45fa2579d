/**
 * The QR code of Vietnamese identity cards: CCCD (2021) and Căn cước (from 1 July 2024), fields between `|`:
 * number (12 digits), number of the card before (9 digits or empty), name, birth, sex, place, issued; dates as ddmmyyyy. Newer cards have more
 * behind that (cancelled numbers, parents): counted, not looked at. Some scanners leave the second field out.
 * Source: Circular 16/2024/TT-BCA (what the code holds); layouts as public parsers test them (citizen-card.test.ts).
 * What comes out is personal: it may be shown to the holder, masked to others, and is never logged nor stored; for taps only the number counts.
 */

/** `doubts`: what the number itself says otherwise. Printed cards have such faults, so a doubt is for a person to look at, no refusal. */
export type CitizenCard = {
  number: string;
  oldNumber: string | undefined;
  name: string;
  /** `YYYY-MM-DD`, as are all days here. */
  birth: string;
  sex: 'male' | 'female';
  address: string;
  issued: string;
  /** Fields behind the seventh. */
  moreFields: number;
  doubts: readonly ('birth-year' | 'sex')[];
};

/** The QR of an identity card has about 150 characters; with both parents' names it stays far below. */
const maxCardLength = 512;
const fieldCount = 7;
/** What a card without the number before has on scanners that leave it out. */
const shortFieldCount = 6;
const numberShape = /^\d{12}$/;
const oldNumberShape = /^(?:\d{9})?$/;
const sexes: ReadonlyMap<string, CitizenCard['sex']> = new Map([
  ['nam', 'male'],
  ['nữ', 'female'],
]);

/**
 * The number of an identity card whose other fields may be misprinted, mangled on the way (keyboards have no `ữ`) or incomplete (only a year of birth):
 * by the number in front and the count of fields alone. undefined when `text` is none.
 */
export function citizenNumberIn(text: string): string | undefined {
  const [number = '', ...others] = text.split('|');
  return others.length + 1 >= shortFieldCount && numberShape.test(number.trim()) ? number.trim() : undefined;
}

/** undefined when `text` is no identity card. Line ends and spaces around it do not matter. */
export function parseCitizenCard(text: string): CitizenCard | undefined {
  if (text.length > maxCardLength) return undefined;
  const written = text
    .normalize('NFC')
    .split('|')
    .map((field) => field.trim());
  const fields = written.length === shortFieldCount ? [written[0]!, '', ...written.slice(1)] : written;
  const [number = '', oldNumber = '', name = '', bornOn = '', sexText = '', address = '', issuedOn = ''] = fields;
  if (fields.length < fieldCount || !numberShape.test(number) || !oldNumberShape.test(oldNumber) || name === '') return undefined;
  const birth = dayOf(bornOn);
  const issued = dayOf(issuedOn);
  const sex = sexes.get(sexText.toLowerCase());
  if (birth === undefined || issued === undefined || sex === undefined) return undefined;
  return {
    ...{ number, oldNumber: oldNumber === '' ? undefined : oldNumber, name, birth, sex, address, issued },
    moreFields: fields.length - fieldCount,
    doubts: doubtsOf({ number, birth, sex }),
  };
}

/** `079•••••••12`: enough to tell the cards of one family apart, for screens that others see. Anything but a number is hidden whole. */
export function maskedCitizenNumber(number: string): string {
  if (!numberShape.test(number)) return '•'.repeat(12);
  return `${number.slice(0, 3)}${'•'.repeat(7)}${number.slice(-2)}`;
}

/** The fourth digit of the number is the century and the sex (0 and 1: 1900 to 1999, male and female; then two for each century), the next two the year. */
function doubtsOf({ number, birth, sex }: Pick<CitizenCard, 'number' | 'birth' | 'sex'>): CitizenCard['doubts'] {
  const centurySex = Number(number[3]);
  const year = 1_900 + Math.floor(centurySex / 2) * 100 + Number(number.slice(4, 6));
  const doubts: CitizenCard['doubts'][number][] = [];
  if (year !== Number(birth.slice(0, 4))) doubts.push('birth-year');
  if ((centurySex % 2 === 0 ? 'male' : 'female') !== sex) doubts.push('sex');
  return doubts;
}

/** `15081998` to `1998-08-15`; undefined when there is no such day. */
function dayOf(text: string): string | undefined {
  const [, day = '', month = '', year = ''] = /^(\d{2})(\d{2})(\d{4})$/.exec(text) ?? [];
  const written = `${year}-${month}-${day}`;
  const ms = Date.parse(`${written}T00:00:00Z`);
  // 30 February would be taken for 2 March
  return Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 10) !== written ? undefined : written;
}
