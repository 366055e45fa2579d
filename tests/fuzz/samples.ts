/**
 * Frames and messages that inputs are made from. Those of devices are in the READMEs and tests of their codecs, with their sources; the rest is
 * written as our own programs write it, with names that nobody has.
 */
import { gatewaySamples } from './gateway-targets.ts';
import type { Samples } from './make-input.ts';

type Written = {
  /** Bytes, as hex digits. */
  hex?: readonly string[];
  text?: readonly string[];
  words?: readonly string[];
};

/** Structure of JSON, and what its parsers stumble over. */
const jsonWords = [
  ...['{', '}', '[', ']', ',', ':', '"', '\\', 'null', 'true', '-0', '1e999', '-1', '0.5', '99999999999999999999', '""', '[]', '{}'],
  ...[
    '"__proto__":',
    '{"__proto__":1}',
    '"constructor":',
    '"\\ud800"',
    '"\\u0000"',
    '\ufeff',
    '[[[[[[[[[[[[[[[[',
    '{"a":{"a":{"a":{"a":{"a":',
  ],
  ...['"2026-11-23T07:00:00Z"', '"2026-02-30T07:00:00+07:00"', `"${'x'.repeat(300)}"`, `[${'0,'.repeat(40)}0]`],
];
/** Of lines of text. */
const lineWords = ['\r', '\n', '\r\n', '\t', ' ', '=', '%', '&', '\0', 'x', '>', 'ERR', '9999999999', '\u1ec5', '\ud83d\ude00'];

const source = 'urn:tramhoc:thpt-mau:0190a8b6-3c1e-4f4b-8d3e-2f6d1c5b7a91';
const event = (type: string, data: unknown): string =>
  JSON.stringify({
    ...{ specversion: '1.0', id: '0190a8b6-3c1e-4f4b-8d3e-2f6d1c5b7a90', source, type },
    ...{ time: '2026-11-23T07:00:00.000+07:00', datacontenttype: 'application/json', epoch: '0123456789abcdef', seq: 7 },
    ...{ bootid: '7f9c24e8-3b0e-4b0a-9d60-0d5a3b7f6f11', monons: '123456789', clockquality: 'site', data },
  });
const reading = event('vn.tramhoc.sensor.reading.v1', {
  ...{ slot: 'air', driver: 'pms5003', sampleCount: 12 },
  measurements: [{ quantity: 'pm25', value: 21.5 }],
});
const tap = event('vn.tramhoc.attendance.tap.v1', { slot: 'gate', cardHash: 'a'.repeat(64), technology: 'em4100' });
const hello = event('vn.tramhoc.device.hello.v1', {
  ...{ agentVersion: '0.1.0', model: 'm', serial: 's', os: 'linux', driverKinds: ['rdm6300'] },
});
const terminalEvent = JSON.stringify({
  ...{ dateTime: '2026-04-12T16:18:20+03:00', eventType: 'AccessControllerEvent', shortSerialNumber: 'GA6820584' },
  AccessControllerEvent: { majorEventType: 5, subEventType: 38, employeeNoString: '1', serialNo: 273, attendanceStatus: 'checkIn' },
});
const form = `--MIME_boundary\r\nContent-Disposition: form-data; name="event_log"\r\nContent-Type: application/json\r\n\r\n${terminalEvent}\r\n--MIME_boundary--\r\n`;
const desired = JSON.stringify({
  ...{ version: 3, hash: '0'.repeat(64) },
  desired: { drivers: { gate: { kind: 'rdm6300', config: { port: '/dev/ttyUSB0', reportEveryS: 60, list: [1, 'a', { b: true }] } } } },
});
/** A page of 28560-2, a basic block of 28560-3, and one with extensions. */
const tags = [
  '1101013130303030303030353600000000000098a4444b3731383530300000000000',
  '110101313030303030303133360000000000003615444b3731383530300000000000050100050122020071426f67766f676e656e00313233343536373839300000613738393635366300',
  '0411000132303039303130313031323300000000ffffffff7fffffff00000000',
  '04110001313330323030333736370000000000000000000000000000000000000000',
];
const co2 = ['500457ab0d', '410000410d', '42126 9bd0d', 'be9b2869d0a534ba', 'cb9b90684ca534aa', 'f29bb8695ca5348a'];

const connect = '101000044d515454040200 3c00046b696f73';

const written: Readonly<Record<string, Written>> = {
  rdm6300: { hex: ['0231343030384543373933434503', '0232453030414630454339423403'] },
  pn532: {
    hex: [
      ...['0000ff00ff00', '0000ffff000000', '0000ff02fed5151600', '0000ff06fad50332010607e800', '0000ff01ff7f8100'],
      ...['0000ff0cf4d54b010100040804 11223344 e300', '0000ffffff0003fdd5 4b00e000', '5555000000000000000000000000000000ff03fdd414011700'],
    ],
  },
  pms5003: {
    hex: [
      ...[
        '424d001c00000008000800000008000800d20046002d001e00000000970002c5',
        '424d001c0015002400240014002100240dc8041f00e4000e00d400e09a000599',
      ],
      ...['424d001400000000000000000000000000000000005100f4', '424d0004e10101 75'],
    ],
  },
  mhz19: { hex: ['ff86027c42000000ba', 'ff8601f43c00000049'] },
  sds011: { hex: ['aac00600060058d93dab', 'aacf0e001000e9050cab', 'aac506010100 58d939ab'] },
  sps30: {
    hex: [
      '7e0003002840b9c67f41036c8b411e4ae24123aa92420c5b7c422efdba4238cab3423ab2c9423afde93f4a1025d67e',
      '7e000000 00ff7e',
      '7e00d2000500000000 0028 7e',
    ],
  },
  'co2-mini': { hex: co2 },
  'modbus-rtu': { hex: ['01040800fd0259032c001114ac', '018402c2c1', '010400000004f1c9', '1103006b00037687'] },
  'modbus-tcp': { hex: ['00070000000b010408 00fd0259032c0011', '000700000003018402', '000700000006010400000004'] },
  'feig-obid': {
    hex: [
      ...['020009ffb001001843', '07ffb001001c56', '020013 00b000 01 033ee00401003f3827a7 0000', '0600b001 0000'],
      ...['02001c0022000011 0001 0010 0300 08e00401003f3827a7 01 0000', '0a00650000000000 0000'],
    ],
  },
  'feig-obid answers': {
    hex: [
      ...[
        '02033ee00401003f3827a70306e00401003f382624',
        '11000100100300 08e00401003f3827a701',
        '91000001 0012 8300 0c0102030405060708090a0b0c 0000000a',
      ],
      ...['3ee00401003f3827a7071b0301', '0204 00 01020304 00 05060708'],
    ],
  },
  rl866: {
    hex: [
      ...['fa05ffc04239', 'fa0501e058fe', 'fa170100010000010102020003016400000000000000c095', 'fa09014032000001b293', 'fa080100330000a64b'],
      ...['fa330100310000000300030e010109a727383f000104e0000e0101092426383f000104e0000e010109a425383f000104e00097ff'],
      ...['fa1a0140340000110a00010fa727383f000104e000001b030120e7', 'fa120100340000090300010100363738005729'],
    ],
  },
  'threem-210': {
    hex: ['d600090300020000000312e6', 'd50005040011', 'd50009040011 0a050002', 'd6001afe00000502e00401003f3827a7e00401003f3826240000'],
  },
  uhfreader18: {
    hex: [
      ...[
        '13000103010c0000000000000000000003133f39',
        '1500010301010c0000000000000000000003136bb1a5',
        '0700010101001e4b',
        '1100210000160c034e001e0a01000000e651',
      ],
      '2300010301020c0000000000000000000003136b0c0000000000000000000003146c70f2',
    ],
  },
  llrp: {
    hex: [
      ...[
        '043f000000200ab288c900f600160080000c0004f8535baadaff010000060000',
        '04010000000b0000000100',
        '0402000000110000000200000000000000',
        '043e0000000a00000003',
      ],
      ...[
        '043d0000002900000004 00f0001f8d3000abcdef0000000000000581000186d1820005a9e4bef876b4',
        '040b000000120000000511f 0000800000000'.replace(/ /g, ''),
      ],
      '043d00000032 00000004 00f00028 00f1000e006000112233445566778899aabb 81 0001 86d1 82 0005a9e4bef876b4 8d3000abcdef00000000'.replace(
        / /g,
        '',
      ),
    ],
  },
  escpos: { hex: ['16', '12', '72', '14000000', '140000 0f', '00', '1e', '3c000000'] },
  'scanner-serial without end marks': { text: ['P8934567890123', '001098012345||NGUYỄN VĂN B|01012000|Nữ'], words: lineWords },
  'llrp bodies': {
    hex: [
      ...['011f000800000000', '00f600140080000c0005ac35bd20d1da01010004', '00f0001f8d3000abcdef0000000000000581000186d1820005a9e4bef876b4'],
      '011f000800000000 00890012 0004 c000 0000651a 001e8482 0003 352e31',
    ],
  },
  'scanner-serial': {
    text: ['8934567890123\r', '\x02]Q1001098012345||NGUYỄN VĂN B|01012000|Nữ|Hà Nội|01012022\r\n', 'abc\tdef\x03', '\r\n\r\n'],
    words: lineWords,
  },
  'hid-pos-scanner': {
    hex: [
      `02385d5130${'4d'.repeat(56)}000001`,
      `02045d513031323334${'00'.repeat(52)}000000`,
      `013e${'41'.repeat(62)}`,
      `010b5d303032333734393338${'00'.repeat(51)}`,
    ],
  },
  'hid-keyboard-wedge': {
    hex: [
      '0000040000000000000000000000000002001e00000000000000280000000000',
      '0000040000000000',
      '0200050600000000',
      '0000280000000000',
      '0000595a5b5c5d00',
      '0000000000000000',
      '0100000000000000',
    ],
  },
  pjlink: {
    text: [
      ...[
        'PJLINK 1 498e4a67\r',
        'PJLINK 0\r',
        'PJLINK ERRA\r',
        'PJLINK 2 3db25e10f69c47a85adb24cf361897e0\r',
        '%1POWR=0\r',
        '%1LAMP=1042 1 500 0\r',
      ],
      ...['%1ERST=000002\r', '%2INNM=Máy tính\r', '%1INST=11 12 31\r', '%1POWR=ERR3\r', '%2IRES=1920x1080\r'],
    ],
    words: [...lineWords, '%1', '%2', 'POWR=', 'PJLINK '],
  },
  'pjlink search': { text: ['%2ACKN=00:11:22:aa:bb:cc\r', '%2LKUP=00:11:22:aa:bb:cc\r', '%2SRCH\r'] },
  'samsung-mdc': {
    hex: [
      'aaff010341110156',
      'aaff01034112196f',
      'aaff010941000119002101000086',
      'aaff0108410b53335249344cf5',
      'aaff01034e11005f',
      '4d44435354415254 3c3c544c533e3e',
    ],
  },
  'lg-commercial': { text: ['a 01 OK01x', 'k 01 NG00x', 'b 001 OK90x\r\n', 'sv 01 ff\r', 'n 01 OK2ax'], words: lineWords },
  'asc-board-protocol': { text: ['401+\r', '401-\r', '801rl000\r', '801r!001\r', '+\r', '-\r', '<01rDVS2-ABC123\r'], words: lineWords },
  'nec-serial': {
    hex: ['01302a304130360230314436031f0d', '01303041423132023032303044363030303030343030303103700d', '0130304142303402424503010d'],
  },
  'smart-serial': {
    text: ['powerstate=on\r\n>', '#volume=20\r\n', 'invalid cmd\r\n>', 'set volume=20\r\r\nvolume=20\r\n>', 'fwversion=1.2.3\r\n'],
    words: lineWords,
  },
  'zkteco-4370': {
    hex: [
      ...[
        '5050827d0c0000000b0058efc5c005007e4f5300',
        '5050827d09000000f401a7fc0001000064',
        '5050827d10000000d007b59312635d000701020000000200',
      ],
      ...[
        '5050827d28000000f401ac12010000003939393131313333330000000000000000000000000000000100120619112905',
        '5050827d13000000df05265ef38d06000109000500000000000000',
      ],
    ],
  },
  'zkteco-4370 datagrams': {
    hex: [
      '0b0058efc5c005007e4f5300',
      'd007b59312635d000701020000000200',
      'f401ac12010000003939393131313333330000000000000000000000000000000100120619112905',
    ],
  },
  'zkteco-4370 records': {
    hex: [
      '0d00393939313131333333000000000000000000000000000000016bb368230000000000ff000000',
      '0d000034343400c69a807c4e6564000000000000000000000000000000000000000000de000000020100010002000000353535000000000000000000000000000000000000000000',
      '3939393131313333330000000000000000000000000000000100120619112905',
      '7e53657269616c4e756d6265723d4136443132333400',
    ],
  },
  'zkteco-push': {
    text: [
      '101\t2026-11-23 07:01:02\t0\t1\t0\t0\t0\t0\t0\t0\n102\t2026-11-23 07:01:05\t255\t15\n',
      'PIN=101\tTime=2026-11-23 07:01:02\tStatus=0\tVerifyMode=1\tTimeOffset=+25200\n',
      'ID=12&Return=0&CMD=DATA\nID=13&Return=-1002&CMD=DATA\n',
    ],
    words: [...lineWords, 'PIN=', 'Time=', '&Return=', 'ID='],
  },
  'hikvision-isapi': {
    text: [terminalEvent, form, '<EventNotificationAlert><eventType>AccessControllerEvent</eventType></EventNotificationAlert>'],
    words: [...jsonWords, '--MIME_boundary', '\r\n\r\n', 'filename=', 'Content-Type: image/jpeg', '<AccessControllerEvent'],
  },
  iso28560: { hex: tags },
  'threem-tag': { hex: tags },
  'citizen card': {
    text: [
      '001098012345||NGUYỄN VĂN B|01012000|Nữ|Hà Nội|01012022',
      '001200000001|123456789|NGUYỄN VĂN AN|01012000|Nữ|Phường A, Quận B, Hà Nội|02022024|cancelled-id|father-name|mother-name|reserved',
      '001234567890|Nguyễn Văn A|01011990|Nam|123 Đường ABC, Quận 1, TP.HCM|01012021',
    ],
    words: ['|', '||||||||', 'Nam', 'Nữ', '29022023', '001098012345', '\u0301', '\ud800'],
  },
  event: { text: [reading, tap, hello], words: jsonWords },
  'event batch': { text: [`[${tap}]`, `[${reading},${hello}]`, '[]'], words: jsonWords },
  'desired document': { text: [desired], words: jsonWords },
  'local link': {
    text: [
      '{"id":1,"method":"status.get","params":{}}\n',
      '{"id":2,"method":"feedback.submit","params":{"category":"other","text":"Cần thêm sách","phone":"0912 345 678","language":"vi"}}\n',
      '\n',
    ],
    words: [...jsonWords, '\n'],
  },
  'agent notice': {
    text: [
      '{"notice":"tap.accepted","tapId":"a","slot":"gate","wallMs":1}',
      '{"notice":"tap.identified","tapId":"a","who":{"result":"known","name":"A","group":"1A"}}',
    ],
    words: jsonWords,
  },
  ...gatewaySamples,
  host: {
    text: ['{"ask":"usb"}', '{"told":"usb","devices":[]}', '{"told":"load","load":{"cpuPct":3,"memoryUsedPct":40}}'],
    words: [...jsonWords, '"told":', '"state"', '"usb"'],
  },
  pcsc: {
    hex: ['3b8f8001804f0ca000000306030001000000006a', '3b8880011c2d9411f7718500be', '04a1b2c39000', 'e00401003f3827a79000', '6300', '6a81'],
  },
  'mqtt packets': {
    hex: [
      connect,
      `${connect}c000`,
      `${connect}300a0003612f62686f6c6121`,
      `${connect}320c0003612f620001686f6c6121`,
      `${connect}820800010003612f2301a2070002 0003612f23`,
      `${connect}40020001620200017002000150020001e000`,
      '102a00044d51545404ee003c00046b696f73000577696c6c740003627965000475736572000470617373',
    ],
    words: ['\0\u0004MQTT', '\u0080\u0001', '\u00ff\u00ff\u00ff\u007f', '+', '#', '/'],
  },
};

const hexBytes = (digits: string): Uint8Array => new Uint8Array(Buffer.from(digits.replaceAll(' ', ''), 'hex'));
const textBytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));

/** Without samples for `name` all inputs are random. */
export function samplesOf(name: string): Samples {
  const { hex = [], text = [], words = [] } = written[name] ?? {};
  return { frames: [...hex.map(hexBytes), ...text.map(textBytes)], words: words.map(textBytes) };
}
