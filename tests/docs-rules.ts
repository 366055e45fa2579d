/** What the documents promise, checked: each function gives one line per fault, `path: what is wrong`. */
import { posix } from 'node:path';
import type { Tree } from './tree-files.ts';

export const driverHeadings = ['Device', 'Link', 'Protocol source', 'Frame', 'Left out'] as const;
const changeHeadings: ReadonlySet<string> = new Set(['Features', 'Fixes', 'Devices', 'Internals']);

export function docsFaults(tree: Tree, errorCodes: readonly string[]): string[] {
  return [
    ...errorTableFaults(tree.get('docs/errors.md') ?? '', errorCodes),
    ...driverFaults(tree),
    ...linkFaults(tree),
    ...mentionFaults(tree),
    ...commandFaults(tree),
    ...changelogFaults(tree.get('CHANGELOG.md') ?? ''),
    ...decisionFaults(tree),
  ];
}

/** The lines of a document; those inside fences are marked, they are examples. */
function linesOf(markdown: string): { text: string; example: boolean }[] {
  let fence: string | undefined;
  return markdown.split('\n').map((text) => {
    const mark = /^\s*(`{3,}|~{3,})/.exec(text)?.[1];
    const inside = fence !== undefined;
    if (mark !== undefined) fence = inside ? (mark.startsWith(fence!) ? undefined : fence) : mark;
    return { text, example: inside || mark !== undefined };
  });
}

type Section = { title: string; level: number; body: string };

/** The headings of a document, each with what stands below it up to the next heading of its level or above. */
function sectionsOf(markdown: string): Section[] {
  const sections: Section[] = [];
  let open: Section[] = [];
  for (const { text, example } of linesOf(markdown)) {
    const heading = example ? null : /^(#{1,6})\s+(.+?)(?:\s+#+)?\s*$/.exec(text);
    if (heading === null) {
      for (const section of open) section.body += `${text}\n`;
      continue;
    }
    const section = { level: heading[1]!.length, title: heading[2]!, body: '' };
    open = [...open.filter(({ level }) => level < section.level), section];
    sections.push(section);
  }
  return sections;
}

/** One row `| CODE | what happened | what to do next |` for every code, none for anything else. */
function errorTableFaults(markdown: string, codes: readonly string[]): string[] {
  const rows = linesOf(markdown)
    .filter(({ text, example }) => !example && /^\|\s*`/.test(text))
    .map(({ text }) =>
      text
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  const documented = rows.map(([code]) => code!.replaceAll('`', ''));
  const faults = [
    ...codes.filter((code) => !documented.includes(code)).map((code) => `${code} has no row`),
    ...documented.filter((code) => !codes.includes(code)).map((code) => `${code} is not in protocol/src/errors.ts`),
    ...documented.filter((code, at) => documented.indexOf(code) !== at).map((code) => `${code} has two rows`),
    ...rows
      .filter((cells) => cells.length !== 3 || cells.some((cell) => cell === ''))
      .map(([code]) => `the row of ${code} wants three filled cells`),
  ];
  return faults.map((fault) => `docs/errors.md: ${fault}`);
}

/** Every folder below drivers/, and below adapters/ of the broker, says where its protocol comes from. */
function driverFaults(tree: Tree): string[] {
  const folders = new Set(
    [...tree.keys()]
      .map((path) => /^(?:device-agent\/src\/drivers|broker\/src\/adapters)\/[^/]+(?=\/)/.exec(path)?.[0])
      .filter((path) => path !== undefined),
  );
  return [...folders].flatMap((folder) => {
    const readme = tree.get(`${folder}/README.md`);
    if (readme === undefined) return [`${folder}: has no README.md`];
    const sections = sectionsOf(readme).filter(({ level }) => level === 2);
    return driverHeadings
      .filter((heading) => !sections.some(({ title, body }) => title === heading && body.trim() !== ''))
      .map((heading) => `${folder}/README.md: nothing under "## ${heading}"`);
  });
}

/** Every link and picture that points into the repository finds its file and its heading. */
function linkFaults(tree: Tree): string[] {
  const folders = new Set([...tree.keys()].flatMap((path) => path.split('/').map((_, at, parts) => parts.slice(0, at).join('/'))));
  return [...tree].flatMap(([path, text]) => {
    if (!path.endsWith('.md') || text === undefined) return [];
    return linksOf(text).flatMap((link) => {
      if (/^(?:[a-z][a-z0-9+.-]*:|\/\/)/i.test(link)) return [];
      const [file = '', anchor] = link.split('#', 2);
      const target = file === '' ? path : posix.join(posix.dirname(path), decodeURI(file)).replace(/\/$/, '');
      if (!tree.has(target) && !folders.has(target === '.' ? '' : target)) return [`${path}: ${link} leads nowhere`];
      const pointed = target.endsWith('.md') && anchor !== undefined && anchor !== '';
      return pointed && !anchorsOf(tree.get(target) ?? '').has(decodeURIComponent(anchor)) ? [`${path}: ${link} names no heading`] : [];
    });
  });
}

/** Targets of links, pictures and reference definitions, in Markdown and in HTML. */
function linksOf(markdown: string): string[] {
  const prose = linesOf(markdown)
    .map(({ text, example }) => (example ? '' : text.replace(/(`+)(?!`).*?(?<!`)\1(?!`)/g, '')))
    .join('\n');
  const pattern =
    /\]\(\s*<?([^)\s>]+)>?(?:\s+["'(][^)]*)?\)|^\s{0,3}\[[^\]]+\]:\s*<?(\S+?)>?\s*$|\b(?:src|href|srcset)\s*=\s*["']([^"']+)["']/gm;
  return [...prose.matchAll(pattern)].map((match) => (match[1] ?? match[2] ?? match[3])!);
}

/** The anchors that a code host gives to headings, and those written out. */
function anchorsOf(markdown: string): Set<string> {
  const anchors = new Set([...markdown.matchAll(/\b(?:id|name)="([^"]+)"/g)].map((match) => match[1]!));
  for (const { title } of sectionsOf(markdown)) {
    const text = title.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replace(/[`*]/g, '');
    const slug = text
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\p{M} _-]/gu, '')
      .replaceAll(' ', '-');
    let anchor = slug;
    for (let repeat = 1; anchors.has(anchor); repeat += 1) anchor = `${slug}-${repeat}`;
    anchors.add(anchor);
  }
  return anchors;
}

/** Pages of this repository as code names them; other projects have a docs/ folder too, with other folders in it. */
const ownPage =
  /\b(?:docs\/(?:(?:adr|runbooks|screens)\/)?|(?:protocol|base|device-agent|broker|provisioning|kiosk-app|site-in-a-box)\/)[\w.-]+\.(?:md|svg|png)\b/g;

/** A message on a screen or in a log that sends somebody to a page must send them to one that is there. */
function mentionFaults(tree: Tree): string[] {
  return [...tree].flatMap(([path, text]) => {
    if (text === undefined || !/\.(?:tsx?|sh|ya?ml)$/.test(path) || /^tests\/(?:docs|tidy)/.test(path)) return [];
    return [...new Set([...text.matchAll(ownPage)].map((match) => match[0]))]
      .filter((page) => !tree.has(page))
      .map((page) => `${path}: names ${page}, which is not there`);
  });
}

/** `npm run x`, `npm start` and `npm test` in a document are scripts of the root package. */
function commandFaults(tree: Tree): string[] {
  const manifest = JSON.parse(tree.get('package.json') ?? '{}') as { scripts?: Record<string, string> };
  return [...tree].flatMap(([path, text]) => {
    if (!path.endsWith('.md') || text === undefined) return [];
    return [...new Set([...text.matchAll(/\bnpm (?:run ([\w:-]+)|(start|test)\b)/g)].map((match) => (match[1] ?? match[2])!))]
      .filter((script) => manifest.scripts?.[script] === undefined)
      .map((script) => `${path}: package.json has no script "${script}"`);
  });
}

/** Versions at level 2, the kinds of change at level 3, and nothing under them empty. */
function changelogFaults(markdown: string): string[] {
  const sections = sectionsOf(markdown);
  const versions = sections.filter(({ level }) => level === 2);
  const kinds = sections.filter(({ level }) => level === 3);
  const faults = [
    ...(versions.length === 0 ? ['names no version'] : []),
    ...versions
      .filter(({ title }) => !/^\d+\.\d+\.\d+ \((?:unreleased|\d{4}-\d\d-\d\d)\)$/.test(title))
      .map(({ title }) => `"${title}" is not a version with its date`),
    ...kinds
      .filter(({ title }) => !changeHeadings.has(title))
      .map(({ title }) => `"${title}" is not Features, Fixes, Devices or Internals`),
    ...[...versions, ...kinds].filter(({ body }) => !/^- \S/m.test(body)).map(({ title }) => `nothing under "${title}"`),
  ];
  return faults.map((fault) => `CHANGELOG.md: ${fault}`);
}

/** Decision records are numbered without holes and have the four parts. */
function decisionFaults(tree: Tree): string[] {
  const records = [...tree.keys()].filter((path) => /^docs\/adr\/\d{4}-[a-z0-9-]+\.md$/.test(path)).sort();
  return records.flatMap((path, at) => {
    const number = path.slice('docs/adr/'.length, 'docs/adr/'.length + 4);
    const titles = sectionsOf(tree.get(path) ?? '').map(({ title }) => title);
    return [
      ...(Number(number) === at + 1 ? [] : [`${path}: expected number ${String(at + 1).padStart(4, '0')}`]),
      ...['Context', 'Decision', 'Consequences', 'What would change our mind']
        .filter((part) => !titles.includes(part))
        .map((part) => `${path}: no "${part}"`),
    ];
  });
}
