import fc from 'fast-check';
import { expect, test } from 'vitest';
import { punchOf, readPosted } from './codec.ts';

/** Published events, names of people taken out; sources in README.md, Frame. */
const posted = {
  ...{ ipAddress: '192.168.1.64', portNo: 443, protocol: 'HTTPS', macAddress: 'a4:d5:c2:62:3e:31', channelID: 1 },
  ...{ dateTime: '2026-04-12T16:18:20+03:00', activePostCount: 1, eventType: 'AccessControllerEvent', eventState: 'active' },
  ...{ eventDescription: 'Access Controller Event', deviceID: 'DeviceLF1', shortSerialNumber: 'GA6820584' },
  AccessControllerEvent: {
    ...{ deviceName: 'Access Controller', majorEventType: 5, subEventType: 38, name: 'NAME REMOVED', cardReaderNo: 1 },
    ...{ employeeNoString: '1', serialNo: 273, userType: 'normal', currentVerifyMode: 'faceOrFpOrCardOrPw', frontSerialNo: 272 },
    ...{ attendanceStatus: 'checkIn', label: 'Check In', purePwdVerifyEnable: true },
  },
};
const pulled = {
  AcsEvent: {
    ...{ searchID: 'b6e1244c-e50b-43e5-8407-e42230298bd3', totalMatches: 6, responseStatusStrg: 'OK', numOfMatches: 1 },
    InfoList: [
      {
        ...{ major: 5, minor: 1, time: '2023-06-09T19:05:47+07:00', cardNo: 'garten-XU7oiAB9AU01t', cardType: 1, name: 'Creatorgarten' },
        ...{ cardReaderNo: 1, doorNo: 1, employeeNoString: '100054', type: 0, serialNo: 42970, userType: 'normal' },
        currentVerifyMode: 'cardOrFaceOrFp',
      },
    ],
  },
};
const door = {
  AccessControllerEvent: { deviceName: '...', majorEventType: 5, subEventType: 21, serialNo: 168410, currentVerifyMode: 'invalid' },
};

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const read = (document: unknown, contentType = 'application/json') => readPosted(contentType, bytes(JSON.stringify(document)));
const form = (parts: readonly [head: string, content: string][], mark = 'MIME_boundary'): Uint8Array =>
  bytes(`${parts.map(([head, content]) => `--${mark}\r\n${head}\r\n\r\n${content}\r\n`).join('')}--${mark}--\r\n`);
const eventPart = (document: unknown): [string, string] => [
  'Content-Disposition: form-data; name="event_log"\r\nContent-Type: application/json; charset="UTF-8"',
  JSON.stringify(document),
];
const picturePart: [string, string] = [
  'Content-Disposition: form-data; name="Picture"; filename="P.jpg"\r\nContent-Type: image/jpeg',
  '\xff\xd8{}',
];
const punch = { kind: 'punch', pin: '1', localTime: '2026-04-12T16:18:20', utcOffsetMinutes: 180, verify: 'finger', direction: 'in' };
const events = { kind: 'events', events: [{ names: ['GA6820584', 'a4:d5:c2:62:3e:31'], punch }] };

test('the published event is a punch, alone or in a form with a picture', () => {
  expect(read(posted)).toEqual(events);
  expect(readPosted('multipart/form-data; boundary=MIME_boundary', form([eventPart(posted), picturePart]))).toEqual(events);
  expect(readPosted('multipart/form-data;boundary="x y"', form([picturePart, eventPart(posted)], 'x y'))).toEqual(events);
});

test.each([
  ['nothing where the terminal has no attendance status', {}, { attendanceStatus: null }],
  ['nothing where fields of no use here would be', { channelID: null, eventDescription: null }, { name: null, label: null }],
  ['a person as a number', {}, { employeeNoString: 1 }],
  ['a person as a number under its older name alone', {}, { employeeNoString: undefined, employeeNo: 1 }],
  ['an empty person beside the older name', {}, { employeeNoString: '', employeeNo: 1 }],
  ['a zone without colon', { dateTime: '2026-04-12T16:18:20+0300' }, {}],
  ['a space between day and time', { dateTime: '2026-04-12 16:18:20 +03:00' }, {}],
])('%s is the same punch', (_what, change, inner) => {
  const document = {
    ...posted,
    ...change,
    AccessControllerEvent: { ...posted.AccessControllerEvent, attendanceStatus: 'undefined', ...inner },
  };
  expect(read(document)).toEqual({
    kind: 'events',
    events: [{ names: ['GA6820584', 'a4:d5:c2:62:3e:31'], punch: { ...punch, direction: 'unknown' } }],
  });
});

test('a terminal that names no MAC address, or no serial number, is known by the other', () => {
  expect(read({ ...posted, macAddress: null })).toMatchObject({ events: [{ names: ['GA6820584'] }] });
  expect(read({ ...posted, shortSerialNumber: null })).toMatchObject({ events: [{ names: ['a4:d5:c2:62:3e:31'] }] });
});

test('a part of a form is what its content type says, whatever file it is called; many pictures may be beside it', () => {
  const named: [string, string] = [
    eventPart(posted)[0].replace('"event_log"', '"event_log"; filename="event.json"'),
    JSON.stringify(posted),
  ];
  expect(readPosted('multipart/form-data; boundary=MIME_boundary', form([named, picturePart]))).toEqual(events);
  const pictures = Array.from({ length: 20 }, () => picturePart);
  expect(readPosted('multipart/form-data; boundary=MIME_boundary', form([eventPart(posted), ...pictures]))).toEqual(events);
});

test('the published record of a search is told alike: a punch with a card', () => {
  expect(pulled.AcsEvent.InfoList.map(punchOf)).toEqual([
    { kind: 'punch', pin: '100054', localTime: '2023-06-09T19:05:47', utcOffsetMinutes: 420, verify: 'card', direction: 'unknown' },
  ]);
  // posted by mistake it is no event
  expect(read(pulled)).toMatchObject({ kind: 'not readable' });
});

test('the published event without a person is none', () => {
  expect(read(door)).toEqual({ kind: 'events', events: [{ names: [], punch: undefined }] });
});

test.each([
  ['a finger that was not recognised', { subEventType: 39 }],
  ['a face that was not recognised', { subEventType: 76 }],
  ['a door that opens', { subEventType: 21 }],
  ['an operation at the menu', { majorEventType: 3 }],
  ['nobody', { employeeNoString: '' }],
  ['a person that is none', { employeeNoString: 'a b' }],
])('%s is no punch', (_what, change) => {
  const document = { ...posted, AccessControllerEvent: { ...posted.AccessControllerEvent, ...change } };
  expect(read(document)).toMatchObject({ kind: 'events', events: [{ punch: undefined }] });
});

test.each([
  ['kind of event', { subEventType: 39 }, 'event 5/39'],
  ['person', { employeeNoString: '10-23' }, 'employeeNoString'],
  ['time', {}, 'dateTime'],
])('of an event about a person it is said which %s makes it no punch, and nothing about the person', (what, inner, unclear) => {
  const document = { ...posted, ...(what === 'time' ? { dateTime: '12/04/2026' } : {}) };
  const result = read({ ...document, AccessControllerEvent: { ...posted.AccessControllerEvent, ...inner } });
  expect(result).toMatchObject({ kind: 'events', events: [{ punch: undefined, unclear }] });
});

test('of what cannot be read it is said who sent it, as far as it says, and where it fails', () => {
  expect(read({ ...posted, AccessControllerEvent: { ...posted.AccessControllerEvent, subEventType: 'face' } })).toEqual({
    ...{ kind: 'not readable', names: ['GA6820584', 'a4:d5:c2:62:3e:31'], unclear: 'AccessControllerEvent.subEventType' },
  });
  for (const text of ['{"eventType', '[]', '7'])
    expect(readPosted('application/json', bytes(text))).toEqual({ kind: 'not readable', names: [], unclear: 'JSON' });
});

test('ways and directions', () => {
  const of = (minor: number, attendanceStatus?: string) =>
    punchOf({
      major: 5,
      minor,
      time: '2026-04-12T16:18:20',
      employeeNoString: '7',
      ...(attendanceStatus === undefined ? {} : { attendanceStatus }),
    });
  expect([1, 38, 75, 181, 40, 156, 101, 105].map((minor) => of(minor)?.verify)).toEqual([
    ...['card', 'finger', 'face', 'password', 'other', 'other', 'other', 'other'],
  ]);
  // a false face, and the end of a wait for a password
  expect([104, 102, 103, 112].map((minor) => of(minor))).toEqual([undefined, undefined, undefined, undefined]);
  expect(['checkIn', 'checkOut', 'breakOut', 'overtimeIn', 'undefined'].map((status) => of(75, status)?.direction)).toEqual([
    ...['in', 'out', 'out', 'in', 'unknown'],
  ]);
  expect(of(75)).not.toHaveProperty('utcOffsetMinutes');
});

test('heartbeats, pictures alone, XML and rubbish are told apart', () => {
  expect(read({ eventType: 'heartBeat', eventState: 'inactive', ipAddress: '192.168.1.64' })).toEqual({ kind: 'nothing to keep' });
  expect(readPosted('', new Uint8Array())).toEqual({ kind: 'nothing to keep' });
  expect(readPosted('multipart/form-data; boundary=MIME_boundary', form([picturePart]))).toEqual({ kind: 'nothing to keep' });
  expect(readPosted('application/xml', bytes('<EventNotificationAlert><eventType>videoloss</eventType></EventNotificationAlert>'))).toEqual(
    {
      kind: 'nothing to keep',
    },
  );
  expect(readPosted('application/xml', bytes('<EventNotificationAlert><AccessControllerEvent/></EventNotificationAlert>'))).toEqual({
    kind: 'xml',
  });
  for (const [contentType, text] of [
    ['application/json', '{"AccessControllerEvent":5}'],
    ['application/json', '[]'],
    ['application/json', '{"eventType'],
    ['multipart/form-data', 'x'],
    ['multipart/form-data; boundary=a', 'no boundary at all'],
    ['text/html', '<html>'],
  ] as const)
    expect([text, readPosted(contentType, bytes(text))]).toMatchObject([text, { kind: 'not readable' }]);
});

test('law: whatever comes, reading ends; a form cut anywhere gives its event or none', () => {
  const whole = form([eventPart(posted), picturePart]);
  fc.assert(
    fc.property(fc.nat({ max: whole.length }), (end) => {
      const result = readPosted('multipart/form-data; boundary=MIME_boundary', whole.subarray(0, end));
      if (result.kind === 'events') expect(result).toEqual(events);
    }),
  );
  fc.assert(
    fc.property(
      fc.constantFrom('application/json', 'multipart/form-data; boundary=a', ''),
      fc.uint8Array({ maxLength: 300 }),
      (contentType, body) => {
        expect(readPosted(contentType, body).kind).toEqual(expect.any(String));
      },
    ),
  );
});

test('law: one damaged byte makes no event with another person and time and serial number all at once readable as ours', () => {
  const whole = bytes(JSON.stringify(posted));
  fc.assert(
    fc.property(fc.nat({ max: whole.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      const damaged = Uint8Array.from(whole);
      damaged[at]! ^= flip;
      const result = readPosted('application/json', damaged);
      if (result.kind !== 'events') return;
      const [event] = result.events;
      // one byte is in one field: all others are what they were
      const same = [event!.punch?.pin === '1', event!.punch?.localTime === punch.localTime, event!.names[0] === 'GA6820584'].filter(
        Boolean,
      );
      if (event!.punch !== undefined) expect(same.length).toBeGreaterThanOrEqual(2);
    }),
  );
});

test('a body of a million boundaries is refused, not taken apart', () => {
  expect(readPosted('multipart/form-data; boundary=a', bytes('--a'.repeat(300_000)))).toMatchObject({ kind: 'not readable' });
});
