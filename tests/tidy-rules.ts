/** The rules of docs/architecture.md, section 2: each function takes the tree and gives one line per fault, `path: what is wrong`. */
import { posix } from 'node:path';
import { codeOnly, type Import, importsOf } from './source-text.ts';
import type { Tree } from './tree-files.ts';

/** Folder -> packages it may import. `tests` may import all of them. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  protocol: [],
  base: ['protocol'],
  'device-agent': ['protocol', 'base'],
  broker: ['protocol', 'base'],
  provisioning: ['protocol', 'base'],
  'kiosk-app': ['protocol', 'base'],
  'site-in-a-box': ['protocol', 'base'],
  scripts: ['protocol', 'base'],
};
const packages = ['protocol', 'base', 'device-agent', 'broker', 'provisioning', 'kiosk-app'];
/** These put finished parts together as processes; a library inside them (zod reads their files) would be a part of the product in the wrong place. */
const onlyOwnCode = new Set(['site-in-a-box', 'scripts']);

/** Libraries that have one home. `files`: how many files at most may import them there. */
const homes: { library: RegExp; where: RegExp; files?: number; says: string }[] = [
  // a peer to measure against (docs/adr/0014)
  { library: /^aedes(?:\/|$)/, where: /^tests\//, says: 'tests' },
  { library: /^mqtt(?:\/|$)/, where: /^base\/src\//, files: 1, says: 'one file of base' },
  { library: /^better-sqlite3$/, where: /^base\/src\//, files: 1, says: 'one file of base' },
  { library: /^(?:serialport|@serialport\/.*|node-hid)$/, where: /^device-agent\/src\//, says: 'device-agent' },
  { library: /^pcsc-mini$/, where: /^device-agent\/src\/transports\//, files: 1, says: 'one file of device-agent' },
  { library: /^systeminformation$/, where: /^device-agent\/src\/drivers\/host\//, files: 1, says: 'one file of the host driver' },
  { library: /^electron(?:\/|$)/, where: /^kiosk-app\/src\/.*\.(?:main|preload)\.ts$/, says: '.main.ts and .preload.ts of kiosk-app' },
];

/** `src/testing/` holds what a package's own tests share. */
const isTest = (path: string): boolean => /^tests\/|^[^/]+\/src\/testing\/|\.test\.tsx?$/.test(path);
const isPure = (path: string): boolean => !isTest(path) && /^protocol\/src\/|\/codec\.ts$|-machine\.ts$|\/plan-[a-z-]+\.ts$/.test(path);
const isShell = (path: string): boolean =>
  isTest(path) ||
  /(?:^|[/.])main\.tsx?$/.test(path) ||
  /^base\/src\/(?:clock|fake-clock|random|log|config)\.ts$/.test(path) ||
  /^(?:scripts|site-in-a-box)\//.test(path);
/** Browser code has no base/clock: a file of its own hands timers to the views. */
const isBrowserClock = (path: string): boolean => /^(?:kiosk-app|provisioning\/src\/console)\/.*clock[^/]*\.tsx?$/.test(path);

const timeUse = /\bDate\.now\(|\bnew Date\(\s*\)|\bperformance\.now\(|\bprocess\.hrtime\b|\bset(?:Timeout|Interval)\(/;
const shellUse = /\bMath\.random\(|\bprocess\.env\b|\bconsole\.\w+\(/;
/** Hashing gives the same answer every time; the rest of node:crypto does not. */
const pureOfCrypto = new Set(['createHash', 'createHmac', 'timingSafeEqual']);

const isCode = (path: string): boolean => /\.(?:ts|tsx|mts|cts|js|mjs|cjs)$/.test(path);
const homeOf = (path: string): string => path.split('/')[0]!;

type Source = { path: string; text: string; imports: Import[] };

export function tidyFaults(tree: Tree): string[] {
  const sources: Source[] = [];
  for (const [path, text] of tree) if (isCode(path) && text !== undefined) sources.push({ path, text, imports: importsOf(text) });
  return [
    ...sources.flatMap(({ path, text, imports }) =>
      [
        ...layerFaults(path, imports),
        ...homeFaults(path, imports),
        ...processFaults(path, imports),
        ...shellFaults(path, text, imports),
        ...shapeFaults(path, text),
      ].map((fault) => `${path}: ${fault}`),
    ),
    ...crowdedHomes(sources),
    ...undeclared(tree, sources),
    ...reachFaults(sources),
    ...leaks(tree),
  ];
}

/** `includes`: the globs of all Vitest projects. A test that none of them takes is green for ever. */
export function sleepingTests(tree: Tree, includes: readonly string[]): string[] {
  const tests = [...tree.keys()].filter((path) => /\.test\.tsx?$/.test(path));
  return tests
    .filter((path) => !includes.some((glob) => posix.matchesGlob(path, glob)))
    .map((path) => `${path}: no project of Vitest runs it`);
}

function layerFaults(path: string, imports: Import[]): string[] {
  const home = homeOf(path);
  const faults: string[] = [];
  for (const { target } of imports) {
    const peer = /^@tramhoc\/([a-z-]+)/.exec(target)?.[1];
    if (peer !== undefined && home !== 'tests' && mayImport[home]?.includes(peer) !== true) faults.push(`${home} may not import ${peer}`);
    if (target.startsWith('.')) {
      const resolved = posix.join(posix.dirname(path), target);
      if (!isTest(path) && isTest(resolved)) faults.push(`the product imports what is for tests: ${target}`);
      // tests know everything; what a package exports they import by its name
      const mayLeave = home === 'tests' && !/^[^/]+\/src\//.test(resolved);
      if (path.includes('/') && !resolved.startsWith(`${home}/`) && !mayLeave) faults.push(`relative import leaves ${home}: ${target}`);
      if (!/\.(?:tsx?|css|json|svg)(?:\?[a-z]+)?$/.test(target)) faults.push(`write the extension of the file: ${target}`);
    } else if (onlyOwnCode.has(home) && !isTest(path) && peer === undefined && !/^(?:node:|zod$)/.test(target))
      faults.push(`${home} may import only node:, zod, protocol and base, not ${target}`);
    if (home === 'protocol' && !isTest(path) && !target.startsWith('.') && target !== 'zod')
      faults.push(`protocol may import only zod, not ${target}`);
  }
  return faults;
}

function homeFaults(path: string, imports: Import[]): string[] {
  if (isTest(path)) return [];
  return imports.flatMap(({ target }) =>
    homes.filter(({ library, where }) => library.test(target) && !where.test(path)).map(({ says }) => `${target} belongs in ${says}`),
  );
}

/** In kiosk-app the suffix names the process a file runs in; without one it runs in any of them. */
function processFaults(path: string, imports: Import[]): string[] {
  if (homeOf(path) !== 'kiosk-app' || isTest(path)) return [];
  const suffix = /\.(main|preload|view)\.tsx?$/.exec(path)?.[1];
  const faults: string[] = [];
  if (path.endsWith('.tsx') && suffix !== 'view' && !/\/main\.tsx$/.test(path))
    faults.push('a file with markup is a view: end its name in .view.tsx');
  for (const { target, typeOnly } of imports) {
    const other = /\.(main|preload|view)\.tsx?$/.exec(target)?.[1];
    const entry = /\/main\.tsx$/.test(path) && other === 'view';
    if (!typeOnly && other !== undefined && other !== suffix && !entry)
      faults.push(`a .${suffix ?? 'shared'} file imports a .${other} file: ${target}`);
  }
  return faults;
}

function shellFaults(path: string, text: string, imports: Import[]): string[] {
  if (isShell(path)) return [];
  const code = codeOnly(text);
  const found = [shellUse.exec(code)?.[0], isBrowserClock(path) ? undefined : timeUse.exec(code)?.[0]];
  const timers = imports.map(({ target }) => target).filter((target) => /^(?:node:)?timers(?:\/|$)/.test(target));
  return [...found, ...timers].filter((use) => use !== undefined).map((use) => `only a shell may use ${use}; take it as a parameter`);
}

function shapeFaults(path: string, text: string): string[] {
  const faults: string[] = [];
  const lines = text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
  if (lines > 400) faults.push(`${lines} lines; at most 400`);
  if (/(?:^|\/)(?:utils?|helpers?|common|misc|index)\.[a-z]+$/.test(path)) faults.push('name the file after what it does');
  if (/@ts-(?:ignore|nocheck)\b/.test(text) && !isRuleBook(path)) faults.push('mend the type, or expect the error and say why');
  if (isTest(path) && /\b(?:test|it|describe)\.only\(/.test(codeOnly(text))) faults.push('.only leaves the other tests out');
  return faults;
}

/** A library with one file to live in has one importer, whoever it is. */
function crowdedHomes(sources: Source[]): string[] {
  return homes.flatMap(({ library, where, files, says }) => {
    if (files === undefined) return [];
    const users = sources.filter(
      ({ path, imports }) => where.test(path) && !isTest(path) && imports.some(({ target }) => library.test(target)),
    );
    return users.slice(files).map(({ path }) => `${path}: a second home of what belongs in ${says}`);
  });
}

/** A library that is not in the package's own package.json is there only by the grace of somebody else's. */
function undeclared(tree: Tree, sources: Source[]): string[] {
  const namesIn = (path: string): string[] => {
    const manifest = JSON.parse(tree.get(path) ?? '{}') as Record<string, Record<string, string> | undefined>;
    return ['dependencies', 'optionalDependencies', 'devDependencies'].flatMap((kind) => Object.keys(manifest[kind] ?? {}));
  };
  const tools = new Set(namesIn('package.json'));
  const everywhere = new Set(packages.flatMap((name) => namesIn(`${name}/package.json`)));
  return sources.flatMap(({ path, imports }) => {
    const home = homeOf(path);
    if (!packages.includes(home) && home !== 'tests') return [];
    const shipped = path.startsWith(`${home}/src/`) && !isTest(path);
    const declared =
      home === 'tests' ? new Set([...everywhere, ...namesIn('tests/package.json')]) : new Set(namesIn(`${home}/package.json`));
    return imports
      .filter(({ target }) => !/^(?:\.|node:|virtual:|@tramhoc\/)/.test(target))
      .map(({ target, typeOnly }) => ({ name: target.split('/', target.startsWith('@') ? 2 : 1).join('/'), typeOnly }))
      .filter(({ name, typeOnly }) => {
        // electron is the run-time itself, installed beside the tools; types are gone before anything runs
        const mayBeTool = !shipped || typeOnly || name === 'electron';
        return !declared.has(name) && !(mayBeTool && tools.has(name));
      })
      .map(({ name }) => `${path}: ${name} is not in ${home}/package.json`);
  });
}

/** Pure modules and browser code: what they reach, file by file, counts as theirs. Types cost nothing and are not followed. */
function reachFaults(sources: Source[]): string[] {
  const importsAt = new Map(sources.map(({ path, imports }) => [path, imports]));
  return sources.flatMap(({ path }) => {
    const kind = isPure(path)
      ? 'a pure module'
      : !isTest(path) && (/^kiosk-app\/.*\.view\.tsx?$/.test(path) || path.startsWith('provisioning/src/console/'))
        ? 'browser code'
        : undefined;
    if (kind === undefined) return [];
    return reached(importsAt, path)
      .filter(({ target, names }) =>
        kind === 'a pure module'
          ? !pureImport(target, names)
          : target.startsWith('node:') || /^@tramhoc\/(?!protocol\/|base\/)/.test(target),
      )
      .map(({ target, by }) => `${path}: ${kind} reaches ${target}${by === path ? '' : ` through ${by}`}`);
  });
}

function pureImport(target: string, names: string[]): boolean {
  if (target === 'node:crypto') return names.length > 0 && names.every((name) => pureOfCrypto.has(name));
  return /^(?:zod|node:util|node:assert(?:\/strict)?)$/.test(target);
}

/** Every import from outside the tree that `start` reaches through files of the tree. */
function reached(importsAt: ReadonlyMap<string, Import[]>, start: string): (Import & { by: string })[] {
  const seen = new Set([start]);
  const outside: (Import & { by: string })[] = [];
  for (const path of seen) {
    for (const found of importsAt.get(path) ?? []) {
      if (found.typeOnly) continue;
      const own = /^@tramhoc\/([a-z-]+)\/([\w/.-]+)$/.exec(found.target);
      const file = own === null ? posix.join(posix.dirname(path), found.target) : `${own[1]}/src/${own[2]}.ts`;
      if (own === null && !found.target.startsWith('.')) outside.push({ ...found, by: path });
      else if (importsAt.has(file)) seen.add(file);
    }
  }
  return outside;
}

/** Files that hold faults on purpose, or name what is looked for. */
const isRuleBook = (path: string): boolean => /^tests\/(?:tidy|docs)[\w.-]*\.ts$/.test(path);
const reminder = /(?:\/\/|\/\*|^\s*\*|#|<!--|\{\/\*)\s*(?:TODO|FIXME|XXX|HACK)\b/m;
/** Folders of one person's machine, and where that machine fetches its packages from. */
const machinePath = /(?<![\w.-])\/(?:work|farm|root|Users|home\/(?!kiosk\b|tramhoc\b)[a-z])[\w.-]*\/|\b[A-Z]:\\Users\\/;
const registryHost =
  /https?:\/\/[^\s"'`/]*(?:registry|npmjs|npmmirror|verdaccio|artifactory|nexus)[^\s"'`/]*|\bregistry\.[a-z0-9-]+\.[a-z]+|\b_?auth[Tt]oken\s*=/;

function leaks(tree: Tree): string[] {
  return [...tree].flatMap(([path, text]) => {
    if (text === undefined || isRuleBook(path)) return [];
    const faults: string[] = [];
    if (reminder.test(text)) faults.push('open an issue and remove the reminder');
    const local = machinePath.exec(text)?.[0];
    if (local !== undefined) faults.push(`a path of one machine: ${local}`);
    const host = registryHost.exec(text)?.[0];
    if (host !== undefined) faults.push(`a package registry: ${host}`);
    if (path.endsWith('package-lock.json') && /"resolved": "(?:[a-z+]+:|\/)/.test(text))
      faults.push('"resolved" names where packages were fetched');
    return faults.map((fault) => `${path}: ${fault}`);
  });
}
