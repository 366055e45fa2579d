/** What a case found, and how it is written down. */
export type Row = { what: string; figure: string; against?: string; ratio?: string };
export type Case = { name: string; about: string; run(print: (line: string) => void): Promise<Row[]> };

export function asMarkdown(rows: readonly Row[]): string {
  return [
    '| what | figure | compared with | ratio |',
    '| --- | ---: | --- | ---: |',
    ...rows.map(({ what, figure, against = '', ratio = '' }) => `| ${what} | ${figure} | ${against} | ${ratio} |`),
  ].join('\n');
}

export const thousands = (value: number): string => Math.round(value).toLocaleString('en-US');
export const times = (value: number): string => `${value.toFixed(2)} x`;
