import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Finding, maxParts } from './adapter.ts';
import { adapters } from './registry.ts';
import { usualAir } from './simulator.ts';
import { simulators } from './simulators.ts';
import { isOwnTopic, patternFault } from './topic-pattern.ts';

const kinds = adapters.map(({ kind }) => kind);

test('every kind has its folder with a README, and its simulator', () => {
  expect(simulators.map(({ kind }) => kind).sort()).toEqual([...kinds].sort());
  for (const kind of kinds) {
    const readme = join(import.meta.dirname, kind, 'README.md');
    expect(existsSync(readme), readme).toBe(true);
    for (const heading of ['Device', 'Link', 'Protocol source', 'Frame', 'Left out'])
      expect(readFileSync(readme, 'utf8')).toContain(`\n## ${heading}\n`);
  }
});

test.each(adapters)('the default topics of $kind are none of the broker', (adapter) => {
  const { publish, subscribe } = adapter.topics(adapter.optionsSchema.parse({}));
  for (const pattern of [...publish, ...subscribe]) expect(patternFault(pattern), pattern).toBeUndefined();
});

/** Words that stand in topics and payloads, so that what is made up comes close to what is sent. */
const word = fc.constantFrom(
  ...[
    'tele',
    'stat',
    'SENSOR',
    'STATE',
    'LWT',
    'zigbee2mqtt',
    'bridge',
    'devices',
    'state',
    'availability',
    'events',
    'rpc',
    'online',
    'status',
  ],
  ...[
    'switch:0',
    'sensor',
    'homeassistant',
    'device',
    'config',
    'tasmota',
    'discovery',
    'a',
    'b',
    '__proto__',
    'constructor',
    'set',
    'phòng máy',
  ],
);
const topic = fc.array(word, { minLength: 1, maxLength: 7 }).map((levels) => levels.join('/'));
const key = fc.oneof(
  word,
  fc.constantFrom(
    'Temperature',
    'TempUnit',
    'ENERGY',
    'Total',
    'friendly_name',
    'definition',
    'exposes',
    'property',
    'name',
    'unit',
    'features',
    'method',
  ),
  fc.constantFrom(
    'params',
    'temperature:0',
    'tC',
    'aenergy',
    'total',
    'stat_t',
    'val_tpl',
    'cmps',
    'dev',
    'ids',
    'avty',
    '~',
    'p',
    'dev_cla',
    'unit_of_meas',
  ),
);
const leaf = fc.oneof(
  fc.double(),
  fc.string(),
  fc.boolean(),
  fc.constant(null),
  fc.constantFrom('NotifyStatus', 'sensor', 'temperature', 'a/b', '{{ value }}'),
);
const { node: tree } = fc.letrec((tie) => ({
  node: fc.oneof({ maxDepth: 4 }, leaf, fc.array(tie('node'), { maxLength: 4 }), fc.dictionary(key, tie('node'), { maxKeys: 6 })),
}));
const payload = fc.oneof(
  tree.map((value) => Buffer.from(JSON.stringify(value) ?? '')),
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  fc.constantFrom('', 'Online', 'offline', 'nan', '21.5', '[', '{"a":', '['.repeat(5_000)).map((text) => Buffer.from(text)),
);

test.each(adapters)('law: no message makes $kind throw, and what it says is bounded and made of numbers', (adapter) => {
  fc.assert(
    fc.property(fc.array(fc.tuple(topic, payload), { minLength: 1, maxLength: 12 }), (messages) => {
      const reader = adapter.start(adapter.optionsSchema.parse({}), () => true);
      for (const [where, what] of messages)
        for (const finding of reader.read({ topic: where, payload: what })) expect(isSound(finding)).toBe(true);
    }),
    { numRuns: 300 },
  );
});

function isSound(finding: Finding): boolean {
  switch (finding.kind) {
    case 'values':
      return (
        typeof finding.device === 'string' && finding.values.every(({ part, value }) => typeof part === 'string' && Number.isFinite(value))
      );
    case 'availability':
      return typeof finding.online === 'boolean';
    case 'inventory':
      return finding.devices.every((device) => typeof device === 'string');
    case 'identity':
      return finding.model !== '';
    case 'not-supported':
    case 'unreadable':
      return true;
    default:
      return finding satisfies never;
  }
}

test.each(simulators)('what the simulated $kind publishes is its own, is understood, and gives values', (simulator) => {
  const adapter = adapters.find(({ kind }) => kind === simulator.kind)!;
  // the two kinds whose topics are named by the user
  const { publish } = adapter.topics(adapter.optionsSchema.parse({}));
  const own = [...publish, 'phong-may/#'];
  const reader = adapter.start(adapter.optionsSchema.parse({}), (one) => isOwnTopic(own, one));
  const { will } = simulator.session('phong-may');
  const messages = [...simulator.announce('phong-may'), ...simulator.round('phong-may', usualAir), will];
  const findings = messages.flatMap(({ topic: where, payload: what }) => {
    expect(isOwnTopic(own, where), where).toBe(true);
    return reader.read({ topic: where, payload: Buffer.from(what) });
  });
  expect(findings.some(({ kind }) => kind === 'unreadable')).toBe(false);
  expect(findings.filter(({ kind }) => kind === 'values').length).toBeGreaterThan(0);
  expect(findings.at(-1)).toMatchObject({ kind: 'availability', online: false });
  for (const finding of findings) if (finding.kind === 'values') expect(finding.values.length).toBeLessThanOrEqual(maxParts);
});
