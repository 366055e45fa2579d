/** docs/benchmarks.md: a section for each case, each with the day and the machine of its own run, so that one case can be measured again alone. Pure. */

const head = `# Benchmarks

Made by \`npm run bench\`, a section by \`npm run bench -- --only <case>\`. Medians of the runs named; both sides of a ratio ran in the same minutes on the same machine. The figures move with the
machine, the ratios less: a load average far above zero before the first run means that others worked there too.
`;

export type Section = { name: string; about: string; table: string; ran: string };

/** `before`: the page as it is. Sections keep the order of `order`; what is not measured now stays as it was. */
export function benchmarksPage(before: string, measured: readonly Section[], order: readonly string[]): string {
  const sections = new Map<string, string>();
  for (const text of before.split(/^(?=## )/m).slice(1)) sections.set(/^## (.*)$/m.exec(text)![1]!, text.trim());
  for (const { name, about, table, ran } of measured) sections.set(name, `## ${name}\n\n${about}\n\n${ran}\n\n${table}`);
  const wanted = order.flatMap((name) => sections.get(name) ?? []);
  return `${[head.trim(), ...wanted].join('\n\n')}\n`;
}
