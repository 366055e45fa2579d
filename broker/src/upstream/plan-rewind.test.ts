import fc from 'fast-check';
import { expect, test } from 'vitest';
import { heldPosition, type Line, markOf } from './plan-rewind.ts';

const lines: Line[] = [
  { name: 'aa', from: 0 },
  { name: 'bb', from: 50 },
];

test('a centre that has less than the site believes gets everything from there on', () => {
  expect(heldPosition('bb.70', lines, 100)).toBe(70);
  expect(heldPosition('aa.20', lines, 100)).toBe(20);
});

test('what a lost disk had sent under the same positions does not count as sent', () => {
  // the image was made at 50, that run went on to 80, the next run gave 51 to 80 to other events
  expect(heldPosition('aa.80', lines, 100)).toBe(50);
});

test('a mark that this store does not know says nothing', () => {
  for (const mark of ['cc.10', 'none', 'aa', 'aa.', 'aa.x', 'aa.1.2.', ''])
    expect(heldPosition(mark, lines, 100)).toBe(mark === 'aa.1.2.' ? 1 : undefined);
});

/**
 * A site whose disk may be put back and a centre whose disk may be put back, in any order. The centre takes a batch only when the marks agree, as it
 * does over HTTPS.
 */
test('law: whatever is put back on either side, at the end the centre has every row that the site has', () => {
  type Store = { rows: string[]; lines: Line[]; believes: string; position: number };
  type Centre = { rows: Set<string>; holds: string };
  const act = fc.oneof(
    { weight: 3, arbitrary: fc.constant('write' as const) },
    { weight: 3, arbitrary: fc.constant('send' as const) },
    ...(['start', 'copy site', 'copy centre', 'restore site', 'restore centre', 'lose answer'] as const).map((name) => ({
      weight: 1,
      arbitrary: fc.constant(name),
    })),
  );
  fc.assert(
    fc.property(fc.array(act, { minLength: 40, maxLength: 120 }), (acts) => {
      let names = 0;
      const started = (store: Store): Store => ({
        ...store,
        rows: [...store.rows],
        lines: [...store.lines, { name: `l${names++}`, from: store.rows.length }],
      });
      let site = started({ rows: [], lines: [], believes: 'none', position: 0 });
      let centre: Centre = { rows: new Set(), holds: 'none' };
      let siteCopy = site;
      let centreCopy: Centre = { rows: new Set(), holds: 'none' };
      let written = 0;
      const send = (answerArrives: boolean): void => {
        if (site.believes !== centre.holds) {
          const held = heldPosition(centre.holds, site.lines, site.rows.length) ?? 0;
          site = { ...site, believes: centre.holds, position: Math.min(site.position, held) };
          return;
        }
        const batch = site.rows.slice(site.position, site.position + 3);
        if (batch.length === 0) return;
        const position = site.position + batch.length;
        const next = markOf(site.lines.at(-1)!, position);
        centre = { rows: new Set([...centre.rows, ...batch]), holds: next };
        if (answerArrives) site = { ...site, believes: next, position };
      };
      for (const name of acts) {
        if (name === 'write') site = { ...site, rows: [...site.rows, `row ${written++}`] };
        else if (name === 'send') send(true);
        else if (name === 'lose answer') send(false);
        else if (name === 'start') site = started(site);
        else if (name === 'copy site') siteCopy = site;
        else if (name === 'copy centre') centreCopy = centre;
        else if (name === 'restore site') site = started(siteCopy);
        else centre = centreCopy;
      }
      for (let round = 0; round < 300; round += 1) send(true);
      expect(site.rows.filter((row) => !centre.rows.has(row))).toEqual([]);
    }),
    { numRuns: 2_000 },
  );
});
