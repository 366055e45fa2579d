/** What others recorded is the best witness that we have: a test that loses such a frame must say so here. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

type List = { recordings: { recordings: string; usedIn: Record<string, string[]> }[] };

const root = join(import.meta.dirname, '..');
const { recordings } = JSON.parse(readFileSync(join(import.meta.dirname, 'recorded-vectors.json'), 'utf8')) as List;
const bare = (text: string): string => text.toLowerCase().replace(/\s/g, '');

test.each(recordings)('the recordings of $recordings are used by tests, each with its source beside it', ({ usedIn }) => {
  expect(Object.keys(usedIn).length).toBeGreaterThan(0);
  for (const [path, vectors] of Object.entries(usedIn)) {
    expect(existsSync(join(root, path)), path).toBe(true);
    const text = bare(readFileSync(join(root, path), 'utf8'));
    expect({ path, lost: vectors.filter((vector) => !text.includes(vector)) }).toEqual({ path, lost: [] });
    // the word itself, a place where it was published, or the README that names it
    expect(text, path).toMatch(/source|readme|github|manual|captured|recorded|published|specification|https?:/);
  }
});

test('there are enough of them: the list was not emptied', () => {
  const counted = recordings.map(({ usedIn }) => Object.values(usedIn).flat().length);
  expect(counted.reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(150);
});
