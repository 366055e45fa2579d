/** The documents, checked: every error explained, every driver described, every link alive. The rules are in docs-rules.ts. */
import { errorCodes } from '@tramhoc/protocol/errors';
import { expect, test } from 'vitest';
import { docsFaults, driverHeadings } from './docs-rules.ts';
import { readTree, type Tree } from './tree-files.ts';

test('the documents keep what they promise', () => expect(docsFaults(readTree(), errorCodes)).toEqual([]));

const codes = ['DISK_FULL', 'PORT_IN_USE'];
const readme = driverHeadings.map((heading) => `## ${heading}\nSomething.\n`).join('\n');
const decision = '# 0001 Why\n## Context\na\n## Decision\nb\n## Consequences\nc\n## What would change our mind\nd\n';

/** Documents without a fault; each planted file below replaces or joins one of them. */
const sound: Readonly<Record<string, string>> = {
  'package.json': '{"scripts":{"start":"x","test":"y","lint":"z"}}',
  'CHANGELOG.md': '# Changes\n\n## 0.1.0 (unreleased)\n\n### Features\n\n- a kiosk\n',
  'docs/errors.md':
    '# Errors\n\n| code | what | next |\n| --- | --- | --- |\n| `DISK_FULL` | full | free |\n| `PORT_IN_USE` | used | stop |\n',
  'docs/adr/0001-why.md': decision,
  'device-agent/src/drivers/driver.ts': 'export {};',
  'device-agent/src/drivers/rdm6300/README.md': `# RDM6300\n\n${readme}`,
  'device-agent/src/drivers/rdm6300/codec.ts': '// docs/errors.md says what to do',
  'README.md':
    '# Trạm học\n## Two commands\n`npm ci && npm start`, `npm run lint`\n\n[errors](docs/errors.md#errors) [why](#two-commands) [folder](docs/) [web](https://example.org/x)\n\n```\n[not a link](nowhere.md)\n```\n`[nor this](nowhere.md)`\n',
};
const treeWith = (planted: Record<string, string>): Tree => new Map(Object.entries({ ...sound, ...planted }));

test('documents without a fault have none', () => expect(docsFaults(treeWith({}), codes)).toEqual([]));

const errorsWith = (rows: string): Record<string, string> => ({ 'docs/errors.md': `${sound['docs/errors.md']}${rows}` });
const planted: [string, Record<string, string>, string][] = [
  ['a code without a row', { 'docs/errors.md': '| `DISK_FULL` | full | free |\n' }, 'PORT_IN_USE has no row'],
  ['a row without a code', errorsWith('| `GHOST` | a | b |\n'), 'GHOST is not in'],
  ['a row twice', errorsWith('| `DISK_FULL` | a | b |\n'), 'two rows'],
  ['a row that says nothing', { 'docs/errors.md': '| `DISK_FULL` | full | |\n| `PORT_IN_USE` | used | stop |\n' }, 'three filled cells'],
  ['a driver without README', { 'device-agent/src/drivers/ghost/codec.ts': 'export {};' }, 'has no README.md'],
  [
    'a driver README with a part missing',
    { 'device-agent/src/drivers/rdm6300/README.md': readme.replace('## Frame', '## Bytes') },
    '"## Frame"',
  ],
  [
    'a driver README with an empty part',
    { 'device-agent/src/drivers/rdm6300/README.md': readme.replace('## Link\nSomething.', '## Link\n') },
    '"## Link"',
  ],
  ['a link to no file', { 'docs/a.md': '[x](b.md)' }, 'b.md leads nowhere'],
  ['a picture that is not there', { 'docs/a.md': '![x](screens/a.png)' }, 'leads nowhere'],
  ['an HTML picture that is not there', { 'docs/a.md': '<img alt="x" src="a.svg">' }, 'leads nowhere'],
  ['a reference to no file', { 'docs/a.md': '[x][y]\n\n[y]: b.md\n' }, 'leads nowhere'],
  ['a link to no heading', { 'docs/a.md': '[x](errors.md#gone)' }, 'names no heading'],
  ['a link to no heading of its own', { 'docs/a.md': '# A\n[x](#b)' }, 'names no heading'],
  ['a heading that is only in an example', { 'docs/a.md': '```\n# B\n```\n[x](#b)' }, 'names no heading'],
  ['a message that names a page that is not there', { 'base/src/a.ts': "'see docs/runbooks/gone.md'" }, 'names docs/runbooks/gone.md'],
  ['a command that is not there', { 'docs/a.md': 'run `npm run everything`' }, 'no script "everything"'],
  ['a kind of change nobody knows', { 'CHANGELOG.md': '## 0.1.0 (unreleased)\n### Bugs\n- a\n' }, '"Bugs" is not'],
  ['a version without its date', { 'CHANGELOG.md': '## 0.1.0\n### Fixes\n- a\n' }, 'not a version'],
  [
    'a kind of change with no change',
    { 'CHANGELOG.md': '## 0.1.0 (unreleased)\n### Fixes\n\n### Features\n- a\n' },
    'nothing under "Fixes"',
  ],
  ['no changelog', { 'CHANGELOG.md': '' }, 'names no version'],
  ['a decision with a part missing', { 'docs/adr/0001-why.md': decision.replace('## Context', '## Story') }, 'no "Context"'],
  ['a hole in the decisions', { 'docs/adr/0003-x.md': decision }, 'expected number 0002'],
];

test.each(planted)('goes red: %s', (_name, files, complaint) => {
  const faults = docsFaults(treeWith(files), codes);
  expect(faults.filter((fault) => fault.includes(complaint))).not.toEqual([]);
});

test('headings are found as a code host finds them', () => {
  const links = '[a](b.md#trạm-học-là-gì) [b](b.md#who-may-import-whom) [c](b.md#same-1) [d](b.md#2-npm-test)';
  const headings = '# Trạm học là gì?\n## Who may import whom\n## Same\n## Same\n## 2. `npm test`\n';
  expect(docsFaults(treeWith({ 'docs/a.md': links, 'docs/b.md': headings }), codes)).toEqual([]);
});
