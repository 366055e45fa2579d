import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Punch } from '../driver.ts';
import { directionOf, optionsText, readAttlog, readRequest, userCommand, verifyOf } from './codec.ts';

/** Published requests, answers and records; sources in README.md, Frame. */
const serial = '0316144680030';
const handshake = '/iclock/cdata?SN=0316144680030&options=all&pushver=2.2.14&language=83&pushcommkey=4a9594af164f2b9779b59e8554b5df26';
const handshakeAnswer =
  'GET OPTION FROM: 0316144680030\nATTLOGStamp=None\nOPERLOGStamp=9999\nATTPHOTOStamp=None\nErrorDelay=30\nDelay=10\nTransTimes=00:00;14:05\nTransInterval=1\nTransFlag=TransData AttLog\tOpLog\tAttPhoto\tEnrollUser\tChgUser\tEnrollFP\tChgFP\tUserPic\nTimeZone=8\nRealtime=1\nEncrypt=None';
const info = '/iclock/getrequest?SN=0316144680030&INFO=Ver%202.0.12-20150625,0,0,0,192.168.16.27,10,7,15,0,111';
const published = [
  { body: '78979877\t2026-07-11 10:15:00\t0\t1\t0', pin: '78979877', localTime: '2026-07-11T10:15:00', verify: 'finger', direction: 'in' },
  { body: '9999\t2026-08-12 08:53:23\t0\t1\n', pin: '9999', localTime: '2026-08-12T08:53:23', verify: 'finger', direction: 'in' },
  {
    body: 'PIN=99\tTime=2026-10-04 09:00:00\tStatus=0\tVerifyMode=2',
    pin: '99',
    localTime: '2026-10-04T09:00:00',
    verify: 'card',
    direction: 'in',
  },
] as const;

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const asked = (method: string, url: string, body = '') => {
  const { pathname, searchParams } = new URL(url, 'http://a');
  return readRequest({ method, path: pathname, query: Object.fromEntries(searchParams), body: bytes(body) });
};

test.each(published)('the published record $body is read', ({ body, ...punch }) => {
  expect(asked('POST', `/iclock/cdata?SN=${serial}&table=ATTLOG&Stamp=9999`, body)).toEqual({
    ...{ ask: 'punches', serial, table: 'ATTLOG', rowCount: 1, skippedBytes: 0, unclear: [], stamp: '9999' },
    punches: [{ kind: 'punch', terminal: serial, ...punch }],
  });
});

const passage = 'time=2026-08-14 15:28:03\tpin=123456\tcardno=0\teventaddr=1\tevent=0\tinoutstatus=1\tverifytype=15\tindex=0';
const unknownCard = 'time=2026-09-28 11:40:51\tpin=0\tcardno=7261534\teventaddr=1\tevent=27\tinoutstatus=0\tverifytype=4\tindex=1';

test('the published passage of an access terminal is a punch, an unknown card is nobody', () => {
  expect(asked('POST', `/iclock/cdata?SN=${serial}&table=rtlog`, `${passage}\n${unknownCard}\n`)).toEqual({
    ...{ ask: 'punches', serial, table: 'RTLOG', rowCount: 2, skippedBytes: 0, unclear: [], stamp: undefined },
    punches: [{ kind: 'punch', terminal: serial, pin: '123456', localTime: '2026-08-14T15:28:03', verify: 'face', direction: 'out' }],
  });
});

test('a terminal that tells passages as attendance is understood (F22, published)', () => {
  const row = 'time=2026-08-11 21:47:45\tpin=1\tcardno=1233447\teventaddr=1\tevent=0\tinoutstatus=0\tverifytype=4\tindex=353';
  expect(readAttlog(serial, bytes(row)).punches).toEqual([
    { kind: 'punch', terminal: serial, pin: '1', localTime: '2026-08-11T21:47:45', verify: 'card', direction: 'in' },
  ]);
});

test('only who was let in was there; of the others it is said which event it was', () => {
  const rows = (event: string, pin = '1023') =>
    bytes(`time=2026-08-14 15:28:03\tpin=${pin}\tevent=${event}\tinoutstatus=0\tverifytype=1\tindex=7\n`);
  const granted = Array.from({ length: 256 }, (_, event) => event).filter(
    (event) => readAttlog(serial, rows(`${event}`)).punches.length === 1,
  );
  expect(granted).toEqual([0, 1, 2, 3, 14, 15, 16, 17, 18, 19]);
  expect(readAttlog(serial, rows('22'))).toEqual({ punches: [], rowCount: 1, skippedBytes: 0, unclear: ['event 22'] });
  expect(readAttlog(serial, rows('1023'))).toMatchObject({ punches: [], unclear: ['event'] });
  for (const nobody of ['0', ''])
    expect(readAttlog(serial, rows('8', nobody))).toMatchObject({ punches: [], skippedBytes: 0, unclear: [] });
});

test('ways of access terminals: those that leave it open, and marks of several, are none of the known', () => {
  const verify = (code: string) => readAttlog(serial, bytes(passage.replace('verifytype=15', `verifytype=${code}`))).punches[0]?.verify;
  expect(['1', '3', '4', '15', '0', '2', '6', '200', '0000000000000010'].map(verify)).toEqual([
    ...['finger', 'password', 'card', 'face', 'other', 'other', 'other', 'other', 'other'],
  ]);
});

test('the published requests are understood', () => {
  expect(asked('GET', handshake)).toEqual({ ask: 'options', serial, pushVersion: '2.2.14' });
  expect(asked('GET', info)).toEqual({ ask: 'commands', serial, info: 'Ver 2.0.12-20150625,0,0,0,192.168.16.27,10,7,15,0,111' });
  expect(asked('GET', '/iclock/ping?SN=3383154200002')).toEqual({ ask: 'ping', serial: '3383154200002' });
  expect(asked('POST', `/iclock/devicecmd?SN=${serial}`, 'ID=info8487&Return=0&CMD=DATA\nID=fp7464&Return=-1001&CMD=DATA\n')).toEqual({
    ...{ ask: 'replies', serial },
    replies: [
      { id: 'info8487', returned: 0 },
      { id: 'fp7464', returned: -1001 },
    ],
  });
  expect(asked('POST', `/iclock/registry?SN=${serial}`, 'DeviceType=att')).toEqual({ ask: 'registry', serial });
  expect(asked('POST', `/iclock/push?SN=${serial}`)).toEqual({ ask: 'push options', serial });
});

test('our answer to the handshake has the lines of the published one, asks for punches alone and for no encryption', () => {
  const ours = optionsText({ serial, stamp: undefined, utcOffsetMinutes: 480 }).split('\n');
  for (const line of handshakeAnswer.split('\n').filter((text) => !text.startsWith('TransFlag'))) expect(ours).toContain(line);
  expect(ours).toContain('TransFlag=TransData AttLog');
  expect(ours).toContain('PushProtVer=2.2.14');
});

test('the zone is told in hours, or in minutes where it is no whole hour', () => {
  const zone = (utcOffsetMinutes: number) => /TimeZone=(.*)/.exec(optionsText({ serial, stamp: '7', utcOffsetMinutes }))?.[1];
  expect([zone(420), zone(330), zone(-180)]).toEqual(['7', '330', '-3']);
});

test('codes of both tables are read; unknown ones are none of the known', () => {
  expect(['0', '1', '2', '3', '4', '15', '25', ''].map(verifyOf)).toEqual([
    ...['password', 'finger', 'card', 'password', 'card', 'face', 'other', 'other'],
  ]);
  expect(['0', '1', '2', '3', '4', '5', '255', ''].map(directionOf)).toEqual(['in', 'out', 'out', 'in', 'in', 'out', 'unknown', 'unknown']);
});

test('a terminal that knows its zone is believed', () => {
  const row = (offset: string) =>
    readAttlog(serial, bytes(`7\t2026-07-11 10:15:00\t0\t15\t0\t0\t0\t0\t36.5\t36.5\t${offset}\te30=`)).punches[0];
  expect(row('+28800')).toMatchObject({ verify: 'face', utcOffsetMinutes: 480 });
  for (const none of ['', '+1', '-46800', '+99999', 'x']) expect(row(none)).not.toHaveProperty('utcOffsetMinutes');
});

test('tables of access terminals are answered by their name, door states by OK', () => {
  const taken = (query: string, body: string) => {
    const read = asked('POST', `/iclock/cdata?SN=${serial}&${query}`, body);
    return read.ask === 'other data' ? read.taken : read.ask;
  };
  expect(taken('table=tabledata&tablename=user&count=2', 'user uid=1\tpin=1\nuser uid=2\tpin=2\n')).toBe('user=2');
  expect(taken('table=tabledata&tablename=biophoto', 'biophoto pin=1\n')).toBe('biophoto=1');
  for (const odd of ['tablename=a%0Db&count=1', 'count=1', 'tablename=user&count=x'])
    expect(taken(`table=tabledata&${odd}`, 'x')).toMatch(/^(?:OK|user=1)$/);
  expect(taken('table=rtstate', 'time=2026-08-14 15:28:03\tsensor=02\n')).toBe('OK');
});

test('users, photographs and templates are no punches; foreign requests are none of this protocol', () => {
  const other = (table: string, body: string) => asked('POST', `/iclock/cdata?SN=${serial}&table=${table}&Stamp=1`, body);
  expect(other('OPERLOG', 'USER PIN=1\tName=A\nOPLOG 4\t0\t2026-07-11 10:15:00\t0\t0\t0\t0\n')).toMatchObject({
    ask: 'other data',
    taken: 'OK: 2',
  });
  expect(other('ATTPHOTO', 'PIN=1.jpg\nSN=1\nsize=3\nCMD=uploadphoto\0\xff\xd8\n')).toMatchObject({ ask: 'other data', taken: 'OK' });
  for (const [method, url] of [
    ['GET', '/'],
    ['GET', '/iclock/cdata?options=all'],
    ['GET', '/iclock/cdata?SN=%00&options=all'],
    ['DELETE', `/iclock/cdata?SN=${serial}`],
    ['POST', `/iclock/exchange?SN=${serial}&type=publickey`],
    ['POST', `/other/cdata?SN=${serial}`],
  ] as const)
    expect([url, asked(method, url)]).toEqual([url, { ask: 'nothing known' }]);
});

test.each([
  'PIN\t2026-02-30 07:00:00\t0\t1',
  '1\t2026-07-11 25:00:00',
  '1\t2026-07-11',
  '\t2026-07-11 10:15:00',
  '1 2\t2026-07-11 10:15:00',
  `${'9'.repeat(25)}\t2026-07-11 10:15:00`,
  'PIN=1',
  'Time=2026-07-11 10:15:00\tStatus=0',
  `1\t2026-07-11 10:15:00\t${'x'.repeat(2_000)}`,
])('the row %j is none, and costs no other row', (row) => {
  const read = readAttlog(serial, bytes(`${published[1].body}${row}\n${published[0].body}\n`));
  expect(read.punches.map(({ pin }) => pin)).toEqual(['9999', '78979877']);
  expect([read.rowCount, read.skippedBytes]).toEqual([3, row.length]);
});

const pin = fc.stringMatching(/^[0-9A-Za-z]{1,24}$/);
const time = fc
  .date({ min: new Date('2000-01-01'), max: new Date('2099-12-31'), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 19));
const record = fc.record({
  pin,
  time,
  status: fc.integer({ min: 0, max: 255 }),
  verify: fc.integer({ min: 0, max: 200 }),
  keyed: fc.boolean(),
});
const rowOf = ({
  pin: who,
  time: when,
  status,
  verify,
  keyed,
}: {
  pin: string;
  time: string;
  status: number;
  verify: number;
  keyed: boolean;
}): string =>
  keyed
    ? `PIN=${who}\tTime=${when.replace('T', ' ')}\tStatus=${status}\tVerifyMode=${verify}`
    : `${who}\t${when.replace('T', ' ')}\t${status}\t${verify}\t0`;

test('law: what a terminal writes in either dialect is what we read', () => {
  fc.assert(
    fc.property(fc.array(record, { maxLength: 20 }), fc.constantFrom('\n', '\r\n'), (records, end) => {
      const { punches, rowCount, skippedBytes } = readAttlog(serial, bytes(records.map((one) => rowOf(one) + end).join('')));
      expect(punches).toEqual(
        records.map(
          (one): Punch => ({
            ...{ kind: 'punch', terminal: serial, pin: one.pin, localTime: one.time },
            verify: verifyOf(String(one.verify)),
            direction: directionOf(String(one.status)),
          }),
        ),
      );
      expect([rowCount, skippedBytes]).toEqual([records.length, 0]);
    }),
  );
});

test('law: one damaged byte costs at most two records (a line end may be hit) and makes no record of another length', () => {
  fc.assert(
    fc.property(fc.array(record, { minLength: 2, maxLength: 8 }), fc.nat(), fc.integer({ min: 1, max: 255 }), (records, where, flip) => {
      const body = bytes(records.map((one) => `${rowOf(one)}\n`).join(''));
      body[where % body.length]! ^= flip;
      const { punches } = readAttlog(serial, body);
      expect(punches.length).toBeGreaterThanOrEqual(records.length - 2);
      expect(punches.length).toBeLessThanOrEqual(records.length + 1);
    }),
  );
});

test('law: whatever comes, reading ends in one of the requests', () => {
  const text = fc.oneof(fc.string({ maxLength: 60 }), fc.constantFrom('/iclock/cdata', '/iclock/devicecmd', serial, 'ATTLOG', 'all'));
  fc.assert(
    fc.property(
      fc.constantFrom('GET', 'POST', 'PUT'),
      text,
      fc.dictionary(fc.constantFrom('SN', 'table', 'options', 'Stamp', 'INFO'), text),
      fc.uint8Array({ maxLength: 300 }),
      (method, path, query, body) => {
        expect(readRequest({ method, path, query, body }).ask).toEqual(expect.any(String));
      },
    ),
  );
});

test('a command creates or renames a user and touches nothing else of it', () => {
  expect(userCommand('a1', { pin: '1023', name: 'Nguyễn Thị An' })).toBe('C:a1:DATA UPDATE USERINFO PIN=1023\tName=Nguyễn Thị An');
});
