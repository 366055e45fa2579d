import fc from 'fast-check';
import { expect, test } from 'vitest';
import { joined } from '../read-link.ts';
import { type Command, class2Queries, decode, encode, type Line, maxLineBytes, queries } from './codec.ts';
import { displayOf, learn, noFacts } from './display-facts.ts';
import { md5Proof, sha256Proof } from './password-proof.ts';

const linesOf = (text: string) => decode(Buffer.from(text)).lines;

test('the example of the specifications: greeting, digest, first command, reply', () => {
  expect(linesOf('PJLINK 1 498e4a67\r')).toEqual([{ kind: 'greeting', random: '498e4a67' }]);
  const digest = md5Proof({ random: '498e4a67', password: 'JBMIAProjectorLink' });
  expect(encode({ class: 1, query: 'POWR', parameter: '?' }, digest)).toBe('5d8409bc1c3fa39749434aa3a5c38682%1POWR ?\r');
  expect(linesOf('%1POWR=0\r')).toEqual([{ kind: 'reply', query: 'POWR', value: '0' }]);
});

test('the digest of a maker’s manual (Hitachi CP-X4030WN, network guide)', () => {
  expect(md5Proof({ random: 'a572f60c', password: 'password' })).toBe('e3d97429adffa11bce1f7275813d4bde');
});

test('the example of version 2.10: both random numbers and the password by SHA-256', () => {
  // the step in between that the specification prints: one exclusive or the other
  const [theirs, ours] = ['3db25e10f69c47a85adb24cf361897e0', 'c14b279e603d8a5f17e849ba360f2dc5'].map((hex) => BigInt(`0x${hex}`));
  expect((theirs! ^ ours!).toString(16)).toBe('fcf9798e96a1cdf74d336d750017ba25');
  expect(linesOf('PJLINK 2 3db25e10f69c47a85adb24cf361897e0\r')).toEqual([
    { kind: 'secure-greeting', random: '3db25e10f69c47a85adb24cf361897e0' },
  ]);
  expect(
    sha256Proof({
      random: '3db25e10f69c47a85adb24cf361897e0',
      ownRandom: 'c14b279e603d8a5f17e849ba360f2dc5',
      password: 'JBMIAProjectorLink',
    }),
  ).toBe('c14b279e603d8a5f17e849ba360f2dc570ab129eac6924d4c129c9c4fcf45be42e1e776325a66db67e5b6eee50f2a692');
});

/** Class 2 commands as its specifications 4.3 and 4.15 to 4.25 write them. */
test.each<[Command, string]>([
  [{ class: 2, query: 'INPT', parameter: '6A' }, '%2INPT 6A\r'],
  [{ class: 2, query: 'SNUM', parameter: '?' }, '%2SNUM ?\r'],
  [{ class: 2, query: 'INNM', parameter: '?31' }, '%2INNM ?31\r'],
  [{ class: 2, query: 'FREZ', parameter: '1' }, '%2FREZ 1\r'],
  [{ class: 2, query: 'SVOL', parameter: '1' }, '%2SVOL 1\r'],
  [{ class: 2, query: 'MVOL', parameter: '0' }, '%2MVOL 0\r'],
  [{ class: 1, query: 'AVMT', parameter: '31' }, '%1AVMT 31\r'],
])('%o is written %j', (command, line) => expect(encode(command)).toBe(line));

test('recorded exchanges: switched, unavailable input, refused password, open projector', () => {
  expect(encode({ class: 1, query: 'INPT', parameter: '31' })).toBe('%1INPT 31\r');
  expect(encode({ class: 1, query: 'CLSS', parameter: '?' })).toBe('%1CLSS ?\r');
  expect(encode({ class: 1, query: 'POWR', parameter: '1' })).toBe('%1POWR 1\r');
  expect(linesOf('%1POWR=OK\r%1POWR=1\r%1INPT=ERR3\r%1CLSS=1\rPJLINK ERRA\rPJLINK 0\r')).toEqual([
    { kind: 'reply', query: 'POWR', value: 'OK' },
    { kind: 'reply', query: 'POWR', value: '1' },
    { kind: 'reply', query: 'INPT', value: 'ERR3' },
    { kind: 'reply', query: 'CLSS', value: '1' },
    { kind: 'password-refused' },
    { kind: 'greeting', random: undefined },
  ]);
});

test('small letters and a line feed after CR are understood', () => {
  expect(linesOf('pjlink 0\r\n%1powr=err3\r\n')).toEqual([
    { kind: 'greeting', random: undefined },
    { kind: 'reply', query: 'POWR', value: 'ERR3' },
  ]);
});

test('class 2 answers become serial number, firmware, filter hours, the name of the input and its signal', () => {
  const answers = [
    ['POWR', '1'],
    ['CLSS', '2'],
    ['INPT', '6Z'],
    ['SNUM', '5CD1234'],
    ['SVER', '2.01'],
    ['INNM', 'PC'],
    ['IRES', '1920x1080'],
    ['FILT', '250'],
    ['FREZ', '1'],
  ] as const;
  const facts = answers.reduce((known, [query, value]) => learn(known, query, value), noFacts);
  expect(displayOf(facts)).toEqual({
    power: 'on',
    faults: [],
    input: '6Z',
    serial: '5CD1234',
    firmware: '2.01',
    inputName: 'PC',
    resolution: '1920x1080',
    filterHours: 250,
    frozen: true,
  });
  // no signal, an unknown signal, another input
  expect(displayOf(learn(facts, 'IRES', '-'))).not.toHaveProperty('resolution');
  expect(displayOf(learn(facts, 'IRES', '*'))).not.toHaveProperty('resolution');
  expect(displayOf(learn(facts, 'INPT', '31'))).not.toHaveProperty('inputName');
});

test('answers become a display state, and what has no usable answer is left out', () => {
  const answers = [
    ['POWR', '3'],
    ['INPT', '3A'],
    ['AVMT', '21'],
    ['ERST', '010002'],
    ['LAMP', '1234 1 99999 0'],
    ['NAME', 'Máy chiếu 101'],
    ['INF1', 'ERR3'],
    ['INF2', ''],
  ] as const;
  const facts = answers.reduce((known, [query, value]) => learn(known, query, value), noFacts);
  expect(displayOf(facts)).toEqual({
    power: 'warming',
    input: '3A',
    muted: true,
    lampHours: [1234, 99999],
    faults: [
      { part: 'lamp', level: 'warning' },
      { part: 'other', level: 'error' },
    ],
    name: 'Máy chiếu 101',
  });
  expect(displayOf(learn(facts, 'POWR', 'ERR4'))).toMatchObject({ power: 'unknown' });
  expect(displayOf(learn(noFacts, 'ERST', '0000'))).toEqual({ power: 'unknown', faults: [] });
});

const line: fc.Arbitrary<Line> = fc.oneof(
  fc.record({
    kind: fc.constant('reply' as const),
    query: fc.constantFrom(...queries),
    value: fc.string({ unit: fc.constantFrom(...'01239 ABCxyzđầ='), maxLength: 40 }),
  }),
  fc.constant<Line>({ kind: 'password-refused' }),
  fc.constant<Line>({ kind: 'secure-greeting', random: '3db25e10f69c47a85adb24cf361897e0' }),
  fc.record({
    kind: fc.constant('greeting' as const),
    random: fc.option(
      fc.nat().map((number) => (number % 0xffff_ffff).toString(16).padStart(8, '0')),
      { nil: undefined },
    ),
  }),
);
function wire(sent: Line): string {
  if (sent.kind === 'reply') return `%${(class2Queries as readonly string[]).includes(sent.query) ? 2 : 1}${sent.query}=${sent.value}\r`;
  if (sent.kind === 'secure-greeting') return `PJLINK 2 ${sent.random}\r`;
  if (sent.kind === 'password-refused') return 'PJLINK ERRA\r';
  return sent.random === undefined ? 'PJLINK 0\r' : `PJLINK 1 ${sent.random}\r`;
}

test('what a projector sends is understood', () => {
  fc.assert(
    fc.property(fc.array(line, { maxLength: 6 }), (sent) => {
      expect(decode(Buffer.from(sent.map(wire).join('')))).toEqual({ lines: sent, rest: new Uint8Array(), skippedBytes: 0 });
    }),
  );
});

test('any cutting of the bytes gives the same lines, and what is kept back is shorter than a line', () => {
  const noise = fc.uint8Array({ maxLength: 200 });
  fc.assert(
    fc.property(fc.array(fc.tuple(noise, line), { maxLength: 5 }), noise, fc.array(fc.nat()), (parts, tail, cuts) => {
      const bytes = Buffer.concat([...parts.flatMap(([before, sent]) => [before, Buffer.from(wire(sent))]), tail]);
      const whole = decode(bytes);
      const edges = [...new Set([0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])].sort((a, b) => a - b);
      const pieces = { lines: [] as Line[], rest: new Uint8Array() as Uint8Array };
      for (let piece = 1; piece < edges.length; piece += 1) {
        const decoded = decode(joined(pieces.rest, bytes.subarray(edges[piece - 1], edges[piece])));
        pieces.lines.push(...decoded.lines);
        pieces.rest = decoded.rest;
        expect(pieces.rest.length).toBeLessThan(maxLineBytes);
      }
      expect(pieces.lines).toEqual(whole.lines);
      expect(pieces.rest).toEqual(whole.rest);
    }),
  );
});

test('one damaged byte costs at most two neighbouring lines, which the machine asks for again', () => {
  fc.assert(
    fc.property(fc.array(line, { minLength: 2, maxLength: 5 }), fc.nat(), fc.integer({ min: 1, max: 255 }), (sent, where, flip) => {
      const bytes = Buffer.from(sent.map(wire).join(''));
      bytes[where % bytes.length]! ^= flip;
      const { lines } = decode(bytes);
      const whole = lines.filter((one) => sent.some((other) => wire(other) === wire(one)));
      expect(whole.length).toBeGreaterThanOrEqual(sent.length - 2);
    }),
  );
});

test('a line without end is not kept, and the line after it is read', () => {
  const endless = decode(Buffer.from(`%1NAME=${'x'.repeat(10_000)}`));
  expect(endless.rest.length).toBeLessThan(maxLineBytes);
  expect(endless.skippedBytes + endless.rest.length).toBe(10_007);
  expect(decode(joined(endless.rest, Buffer.from('\r%1POWR=1\r'))).lines).toEqual([{ kind: 'reply', query: 'POWR', value: '1' }]);
});

test('noise before a line counts as many bytes as came, text or not; names keep their letters', () => {
  expect(decode(Buffer.from('05ce34164ae99a9ce1da5190a7c38ed0504a4c494e4b20300d', 'hex'))).toMatchObject({
    lines: [{ kind: 'greeting', random: undefined }],
    skippedBytes: 16,
  });
  expect(decode(Buffer.from('ầm%2INNM=Máy tính\r'))).toMatchObject({ lines: [{ value: 'Máy tính' }], skippedBytes: 4 });
});
