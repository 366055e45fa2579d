/** Small pieces of HTML. What comes from outside goes through `text`. Pure. */
export const text = (raw: string): string => raw.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
export const tag = (good: boolean, label: string): string => `<span class="tag ${good ? 'good' : 'bad'}">${label}</span>`;
/** Cells are HTML. Each carries its heading, which stands before it where the page is too narrow for columns. */
export const table = (heads: readonly string[], rows: readonly (readonly string[])[]): string => {
  const cells = (row: readonly string[]): string => row.map((cell, at) => `<td data-head="${text(heads[at] ?? '')}">${cell}</td>`).join('');
  return `<table><tr>${heads.map((head) => `<th>${head}</th>`).join('')}</tr>${rows.map((row) => `<tr>${cells(row)}</tr>`).join('')}</table>`;
};
