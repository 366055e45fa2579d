import { expect, test } from 'vitest';
import { benchmarksPage } from './report.ts';

const section = (name: string, table: string) => ({ name, about: `about ${name}`, table, ran: 'today' });
const order = ['broker', 'outbox', 'city'];

test('a case that is measured again replaces its own section and leaves the others alone', () => {
  const first = benchmarksPage('', [section('outbox', '| 1 |'), section('broker', '| 2 |')], order);
  const again = benchmarksPage(first, [section('outbox', '| 3 |')], order);
  expect(again).toContain('| 2 |');
  expect(again).toContain('| 3 |');
  expect(again).not.toContain('| 1 |');
  expect(again.indexOf('## broker')).toBeLessThan(again.indexOf('## outbox'));
  expect(benchmarksPage(again, [], order)).toBe(again);
});

test('a case that exists no more leaves the page', () => {
  const page = benchmarksPage('', [section('old', '| 1 |')], ['old']);
  expect(benchmarksPage(page, [], order)).not.toContain('## old');
});
