/**
 * Which topics belong to a gateway. A pattern is an MQTT filter whose first level names something: `tele/#`, `zigbee2mqtt/+/availability`; a level may
 * end in `*` (`shelly*`), since some firmwares put their own name there. Pure.
 */

/** As the server has it, and two more than the deepest default of a firmware. */
export const maxTopicLevels = 8;
const maxPatternCharacters = 200;

/** The broker's own topics and those of its devices; no gateway gets them, also not by a pattern. */
const reserved = /^(?:tram|\$.*)$/;

/** What is wrong with a pattern of the config, or undefined. */
export function patternFault(pattern: string): string | undefined {
  const levels = pattern.split('/');
  const [first = ''] = levels;
  if (pattern.length > maxPatternCharacters || levels.length > maxTopicLevels) return 'too long';
  if (/[\p{Cc}]/u.test(pattern)) return 'control characters';
  if (first.replace(/\*$/, '').length < 2 || /^[+#]/.test(first)) return 'the first level must name something: at least two characters';
  if (reserved.test(first) || (first.endsWith('*') && 'tram'.startsWith(first.slice(0, -1)))) return 'these topics belong to the broker';
  const odd = levels.find((level, at) => (level === '#' ? at !== levels.length - 1 : level !== '+' && /[+#]/.test(level)));
  if (odd !== undefined) return '+ stands for one whole level, # for the rest at the end';
  return levels.some((level) => /\*./.test(level)) ? '* stands at the end of a level' : undefined;
}

/** Is `topic` one of those that the pattern names? */
export function isOwnTopic(patterns: readonly string[], topic: string): boolean {
  const levels = topic.split('/');
  if (levels.length > maxTopicLevels || reserved.test(levels[0]!)) return false;
  return patterns.some((pattern) => covers(pattern.split('/'), levels));
}

/** Does the filter ask for nothing but what the patterns name? `#` and `+` at the front never do. */
export function isOwnFilter(patterns: readonly string[], filter: string): boolean {
  const levels = filter.split('/');
  if (levels.length > maxTopicLevels || reserved.test(levels[0]!)) return false;
  return patterns.some((pattern) => covers(pattern.split('/'), levels));
}

/** Everything that `levels` stands for is in `pattern`; a topic stands for itself. */
function covers(pattern: readonly string[], levels: readonly string[]): boolean {
  for (const [at, wanted] of pattern.entries()) {
    if (wanted === '#') return true;
    const level = levels[at];
    if (level === undefined) return false;
    // `a/#` also asks for `a`, which `a/+` does not name
    if (level === '#') return false;
    if (wanted === '+') continue;
    if (wanted.endsWith('*') ? level === '+' || !level.startsWith(wanted.slice(0, -1)) : level !== wanted) return false;
  }
  return levels.length === pattern.length;
}
