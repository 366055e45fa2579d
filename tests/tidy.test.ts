/** The architecture, checked: who imports whom, what stays pure, what no file holds. The rules are in tidy-rules.ts. */
import { expect, test } from 'vitest';
import config from '../vitest.config.ts';
import { codeOnly, importsOf } from './source-text.ts';
import { sleepingTests, tidyFaults } from './tidy-rules.ts';
import { readTree, type Tree } from './tree-files.ts';

const tree = readTree();

test('the scan sees the code of every package', () => {
  for (const folder of ['protocol', 'base', 'device-agent', 'broker', 'provisioning', 'kiosk-app', 'tests'])
    expect([...tree.keys()].some((path) => path.startsWith(`${folder}/`) && path.endsWith('.ts'))).toBe(true);
});

const includes = (config as { test: { projects: { test: { include: string[] } }[] } }).test.projects.flatMap(
  (project) => project.test.include,
);
test('every test is run by a project', () => expect(sleepingTests(tree, includes)).toEqual([]));

test('goes red: a test that no project takes', () => {
  const files = treeWith({
    'broker/a.test.ts': '',
    'broker/src/deep/b.test.ts': '',
    'tests/c.test.ts': '',
    'tests/elsewhere/d.test.ts': '',
  });
  const faults = sleepingTests(files, ['*/src/**/*.test.ts', 'tests/*.test.ts']);
  expect(faults.map((fault) => fault.split(':')[0])).toEqual(['broker/a.test.ts', 'tests/elsewhere/d.test.ts']);
});

test('the repository keeps its own rules', () => expect(tidyFaults(tree)).toEqual([]));

/** A small tree that keeps every rule; each planted file below is added to it. */
const sound: Readonly<Record<string, string>> = {
  'protocol/package.json': '{"dependencies":{"zod":"1"}}',
  'base/package.json': '{"dependencies":{"zod":"1","mqtt":"1","better-sqlite3":"1"}}',
  'broker/package.json': '{"dependencies":{"prom-client":"1"}}',
  'device-agent/package.json': '{"dependencies":{"serialport":"1"}}',
  'kiosk-app/package.json': '{"dependencies":{"react":"1"}}',
  'provisioning/package.json': '{"dependencies":{"react":"1","fastify":"1"}}',
  'package.json': '{"devDependencies":{"vitest":"1","electron":"1"}}',
  'protocol/src/ids.ts': "import { z } from 'zod';\nexport const Id = z.string();\n",
  'base/src/sqlite.ts': "import Raw from 'better-sqlite3';\nimport { Id } from '@tramhoc/protocol/ids';\nexport { Raw, Id };\n",
  'base/src/clock.ts': 'export const now = () => Date.now();\n',
  'broker/src/metrics.ts': "import { Counter } from 'prom-client';\nexport { Counter };\n",
  'broker/src/read-file.ts': "import { readFileSync } from 'node:fs';\nexport { readFileSync };\n",
  'kiosk-app/src/host/window.main.ts': "import { app } from 'electron';\nexport { app };\n",
  'kiosk-app/src/read-disk.ts': "import { readFileSync } from 'node:fs';\nexport { readFileSync };\n",
};
const treeWith = (planted: Record<string, string>): Tree => new Map(Object.entries({ ...sound, ...planted }));

test('a tree that keeps the rules has no faults', () => {
  const kept = {
    'device-agent/src/drivers/pjlink/codec.ts':
      "import { createHash } from 'node:crypto';\nimport type { Raw } from '@tramhoc/base/sqlite';\nexport { createHash };\n",
    'device-agent/src/transports/serial.ts':
      "import { SerialPort } from 'serialport';\nimport { now } from '@tramhoc/base/clock';\nexport { SerialPort, now };\n",
    'device-agent/src/main.ts': 'const port = process.env["PORT"];\n',
    'kiosk-app/src/ui/page-clock.ts': 'export const later = (fire: () => void) => setTimeout(fire, 1);\n',
    'provisioning/src/console/refresh-clock.ts': 'export const now = () => Date.now();\n',
    'provisioning/src/words.ts':
      "// console.log(1) is for shells, as is Date.now()\nexport const say = 'process.env and `console.log(1)`';\n",
    'site-in-a-box/start.ts':
      "import { spawn } from 'node:child_process';\nimport { now } from '@tramhoc/base/clock';\nconsole.log(spawn, now);\n",
    'tests/scenarios/world.test.ts':
      "import { test } from 'vitest';\nimport mqtt from 'mqtt';\nimport { Counter } from '@tramhoc/broker/metrics';\n",
    'package-lock.json': '{"node_modules/@tramhoc/base": {"resolved": "base", "link": true}}',
  };
  expect(tidyFaults(treeWith(kept))).toEqual([]);
});

/** What is planted, and a word of the complaint it must cause. */
const planted: [string, Record<string, string>, string][] = [
  ['protocol uses the disk', { 'protocol/src/a.ts': "import { readFileSync } from 'node:fs';" }, 'only zod'],
  ['protocol uses another library', { 'protocol/src/a.ts': "import { parse } from 'csv-parse';" }, 'only zod'],
  ['protocol knows base', { 'protocol/src/a.ts': "import { now } from '@tramhoc/base/clock';" }, 'protocol may not import base'],
  ['base knows an application', { 'base/src/a.ts': "import { x } from '@tramhoc/broker/x';" }, 'base may not import broker'],
  ['an application knows another', { 'broker/src/a.ts': "import { x } from '@tramhoc/device-agent/x';" }, 'may not import device-agent'],
  ['even for a type', { 'broker/src/a.ts': "import type { X } from '@tramhoc/provisioning/x';" }, 'may not import provisioning'],
  ['or late', { 'broker/src/a.ts': "const x = await import('@tramhoc/kiosk-app/x');" }, 'may not import kiosk-app'],
  ['or by passing it on', { 'broker/src/a.ts': "export * from '@tramhoc/kiosk-app/x';" }, 'may not import kiosk-app'],
  ['a relative way round', { 'broker/src/a.ts': "import { x } from '../../provisioning/src/x.ts';" }, 'leaves broker'],
  ['the product uses what is for tests', { 'broker/src/a.ts': "import { x } from './testing/test-ca.ts';" }, 'what is for tests'],
  ['a relative way round for a test', { 'tests/a.test.ts': "import { x } from '../broker/src/x.ts';" }, 'leaves tests'],
  ['an import without its extension', { 'broker/src/a.ts': "import { x } from './x';" }, 'extension'],
  ['the demo grows a library', { 'site-in-a-box/a.ts': "import fastify from 'fastify';" }, 'may import only node:'],
  ['a script imports an application', { 'scripts/a.ts': "import { x } from '@tramhoc/broker/x';" }, 'scripts may not import broker'],
  ['aedes in the product', { 'broker/src/z.ts': "import { Aedes } from 'aedes';" }, 'belongs in tests'],
  ['mqtt outside base', { 'device-agent/src/a.ts': "import mqtt from 'mqtt';" }, 'belongs in one file of base'],
  ['better-sqlite3 outside base', { 'broker/src/a.ts': "import Raw from 'better-sqlite3';" }, 'belongs in one file of base'],
  ['better-sqlite3 twice', { 'base/src/z.ts': "import Raw from 'better-sqlite3';" }, 'second home'],
  ['a serial port in the kiosk', { 'kiosk-app/src/a.ts': "import { SerialPort } from 'serialport';" }, 'belongs in device-agent'],
  ['electron in a page', { 'kiosk-app/src/a.view.tsx': "import { app } from 'electron';" }, 'belongs in .main.ts'],
  ['electron in the agent', { 'device-agent/src/a.main.ts': "import { app } from 'electron';" }, 'belongs in .main.ts'],
  ['a library nobody declared', { 'provisioning/src/a.ts': "import { parse } from 'csv-parse';" }, 'not in provisioning/package.json'],
  ['a tool in the product', { 'provisioning/src/a.ts': "import { test } from 'vitest';" }, 'not in provisioning/package.json'],
  [
    'a codec that reads files',
    { 'device-agent/src/drivers/x/codec.ts': "import { readFileSync } from 'node:fs';" },
    'a pure module reaches node:fs',
  ],
  [
    'a machine that reads files through another',
    { 'broker/src/tap-machine.ts': "import { readFileSync } from './read-file.ts';" },
    'through broker/src/read-file.ts',
  ],
  [
    'a plan that makes keys',
    { 'broker/src/plan-keys.ts': "import { randomBytes } from 'node:crypto';" },
    'a pure module reaches node:crypto',
  ],
  ['a plan on a library', { 'broker/src/plan-x.ts': "import pino from 'pino';" }, 'a pure module reaches pino'],
  [
    'a page that reaches the disk',
    { 'kiosk-app/src/a.view.tsx': "import { readFileSync } from './read-disk.ts';" },
    'browser code reaches node:fs',
  ],
  ['the console on the disk', { 'provisioning/src/console/a.ts': "import 'node:fs';" }, 'browser code reaches node:fs'],
  ['a wall clock', { 'broker/src/a.ts': 'export const x = Date.now();' }, 'only a shell may use Date.now('],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the text of a source file
  ['a wall clock in a text', { 'broker/src/a.ts': 'export const x = `at ${Date.now()}`;' }, 'only a shell may use Date.now('],
  ['a date of today', { 'broker/src/a.ts': 'export const x = new Date();' }, 'only a shell may use new Date('],
  ['a timer', { 'broker/src/a.ts': 'setTimeout(() => {}, 1);' }, 'only a shell may use setTimeout('],
  ['a timer by import', { 'broker/src/a.ts': "import { setTimeout as wait } from 'node:timers/promises';" }, 'node:timers/promises'],
  ['a timer in a page', { 'kiosk-app/src/a.view.tsx': 'setInterval(() => {}, 1);' }, 'only a shell may use setInterval('],
  ['chance', { 'broker/src/a.ts': 'export const x = Math.random();' }, 'only a shell may use Math.random('],
  ['the environment', { 'broker/src/a.ts': "export const x = process.env['X'];" }, 'only a shell may use process.env'],
  [
    'the environment in a clock of a page',
    { 'kiosk-app/src/clock.ts': "export const x = process.env['X'];" },
    'only a shell may use process.env',
  ],
  ['printing', { 'broker/src/a.ts': "console.log('x');" }, 'only a shell may use console.log('],
  ['markup in a file without suffix', { 'kiosk-app/src/a.tsx': 'export const A = () => <p />;' }, 'end its name in .view.tsx'],
  [
    'a page imports the main process',
    { 'kiosk-app/src/a.view.tsx': "import { app } from './host/window.main.ts';" },
    'imports a .main file',
  ],
  ['a file for all imports a page', { 'kiosk-app/src/a.ts': "import { A } from './a.view.tsx';" }, 'imports a .view file'],
  ['a file too long', { 'broker/src/a.ts': 'export {};\n'.repeat(401) }, '401 lines'],
  ['a drawer', { 'broker/src/utils.ts': 'export {};' }, 'name the file'],
  ['an index', { 'broker/src/access/index.ts': 'export {};' }, 'name the file'],
  ['a type silenced', { 'broker/src/a.ts': '// @ts-ignore\nexport {};' }, 'mend the type'],
  ['one test alone', { 'broker/src/a.test.ts': "import { test } from 'vitest';\ntest.only('x', () => {});" }, '.only'],
  ['a reminder', { 'broker/src/a.ts': '// TODO later' }, 'open an issue'],
  ['a reminder in a style sheet', { 'kiosk-app/src/a.css': '/* FIXME: colours */' }, 'open an issue'],
  ['a path of somebody', { 'docs/a.md': 'see /home/alice/notes/a.txt' }, 'a path of one machine'],
  ['a path of the build machine', { 'docs/a.md': `run \`/${'work'}/main/start\`` }, 'a path of one machine'],
  ['a registry', { '.npmrc': 'registry=https://registry.example.org/' }, 'a package registry'],
  ['a registry in a script', { '.ci/run': 'npm ci --registry https://npm-registry.example.org:4873' }, 'a package registry'],
  ['a lock file with addresses', { 'package-lock.json': '{"resolved": "https://packages.example.org/a.tgz"}' }, '"resolved"'],
];

test.each(planted)('goes red: %s', (_name, files, complaint) => {
  const faults = tidyFaults(treeWith(files));
  expect(faults.filter((fault) => fault.includes(complaint))).not.toEqual([]);
});

test('imports are read as the language has them', () => {
  const text = `
import a, { type B, c as d } from 'one';
import {
  e,
} from 'two';
import type { F } from 'three';
import { type G, type H } from 'four';
import 'five';
export { i } from 'six';
const j = await import('seven');
// import k from 'eight';
const say = "import l from 'nine'";
`;
  expect(importsOf(text)).toEqual([
    { target: 'one', typeOnly: false, names: ['c'] },
    { target: 'two', typeOnly: false, names: ['e'] },
    { target: 'three', typeOnly: true, names: ['F'] },
    { target: 'four', typeOnly: true, names: [] },
    { target: 'five', typeOnly: false, names: [] },
    { target: 'six', typeOnly: false, names: ['i'] },
    { target: 'seven', typeOnly: false, names: [] },
  ]);
});

test('comments, texts and patterns are not code, what stands in a template is', () => {
  expect(codeOnly("a('b') // c\n/* d */ e").replace(/\s+/g, ' ')).toBe('a( ) e');
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the text of a source file
  expect(codeOnly('f(`g ${h({ i: 1 })} j`)').replace(/\s+/g, ' ')).toBe('f( h({ i: 1 }) )');
  expect(codeOnly('x = /["\'`]/.test(y) ? z / 2 : 1').replace(/\s+/g, ' ')).toBe('x = .test(y) ? z / 2 : 1');
  expect(codeOnly("<p>don't</p>\nsetTimeout(k)")).toContain('setTimeout(k)');
});
