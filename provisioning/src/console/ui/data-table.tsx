/** A table for reading: plain HTML, so that every screen reader knows it; on a phone each row becomes a card. */
import { type ReactNode, useState } from 'react';
import { useText } from '../language/language.tsx';
import { Button } from './button.tsx';
import { en } from './messages.en.ts';
import { vi } from './messages.vi.ts';

export type Column<Row> = {
  id: string;
  head: string;
  cell(row: Row): ReactNode;
  /** Numbers stand at the right, with digits of one width. */
  number?: boolean;
  /** The cell that names the row. */
  rowHead?: boolean;
  /** Left out where the table is narrow. */
  minor?: boolean;
  /** No wider than its content. */
  tight?: boolean;
  /** Buttons at the end of the row. */
  end?: boolean;
  /** Takes a line of its own in a dense table on a phone. */
  wide?: boolean;
};

/** More rows than this are drawn only when asked for: a browser of an old office computer stays quick. */
const pageRows = 200;

export function DataTable<Row>({
  caption,
  columns,
  rows,
  keyOf,
  rowClass,
  limit = pageRows,
  dense = false,
}: {
  /** Read by screen readers; the page shows a heading. */
  caption: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  keyOf(row: Row): string | number;
  rowClass?(row: Row): string | undefined;
  limit?: number;
  /** On a phone: a row in two lines without the names of its columns. */
  dense?: boolean;
}): ReactNode {
  const text = useText({ vi, en });
  const [shown, setShown] = useState(limit);
  const classOf = (column: Column<Row>): string | undefined =>
    (['number', 'minor', 'tight', 'end', 'wide'] as const).filter((look) => column[look] === true).join(' ') || undefined;
  return (
    <div className="table-wrap">
      <table className={dense ? 'table dense' : 'table'}>
        <caption className="visually-hidden">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.id} scope="col" className={classOf(column)}>
                {column.head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, shown).map((row) => (
            <tr key={keyOf(row)} className={rowClass?.(row)}>
              {columns.map((column) =>
                column.rowHead === true ? (
                  <th key={column.id} scope="row" className={classOf(column)}>
                    {column.cell(row)}
                  </th>
                ) : (
                  <td key={column.id} data-label={column.head} className={classOf(column)}>
                    {column.cell(row)}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > shown && (
        <div className="table-more">
          <Button onPress={() => setShown(shown + limit)}>{text.showMore(Math.min(limit, rows.length - shown))}</Button>
        </div>
      )}
    </div>
  );
}
