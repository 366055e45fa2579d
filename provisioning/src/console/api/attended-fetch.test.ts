import { expect, test } from 'vitest';
import { unattendedHeader } from '../../api/unattended.ts';
import type { PageClock } from '../page-clock.ts';
import { attendedFetch } from './attended-fetch.ts';

test('what a page asks ten minutes after it was last touched is marked, and keeps its own headers', async () => {
  let nowMs = 0;
  const clock: PageClock = { wallMs: () => nowMs, after: () => ({ cancel: () => undefined }) };
  const page = new EventTarget();
  const sent: (string | null)[][] = [];
  const fetch = attendedFetch({
    ...{ clock, page },
    fetch: async (_url, init) => {
      const headers = new Headers(init?.headers);
      sent.push([headers.get(unattendedHeader), headers.get('accept')]);
      return new Response();
    },
  });
  const ask = () => fetch('/api/sites', { headers: { accept: 'application/json' } });
  await ask();
  nowMs += 10 * 60_000;
  await ask();
  page.dispatchEvent(new Event('keydown'));
  await ask();
  expect(sent).toEqual([
    [null, 'application/json'],
    ['1', 'application/json'],
    [null, 'application/json'],
  ]);
});
