/** Our Modbus before the eyes of Wireshark: questions and answers, over TCP and in RTU frames. */
import { expect, test } from 'vitest';
import { dissected, hasWireshark, type Said } from '../../testing/wireshark.ts';
import * as rtu from '../modbus-rtu/codec.ts';
import type { ReadAnswer } from '../modbus-rtu/pdu.ts';
import * as tcp from './codec.ts';

const request = { unit: 17, table: 'input', address: 12, count: 2 } as const;
const registers: ReadAnswer = { kind: 'registers', words: [0x449a, 0x5000] };
const exception: ReadAnswer = { kind: 'exception', code: 2 };
const fields = [
  'modbus.func_code',
  'modbus.reference_num',
  'modbus.word_cnt',
  'modbus.regnum16',
  'modbus.regval_uint16',
  'modbus.exception_code',
];
/** Function, address and count of the question; registers and values of the answer; the exception; nothing wrong. */
const asked = ['4', '12', '2', '', '', '', ''];
const answered = ['4', '', '', '12,13', '17562,20480', '', ''];
const refused = ['4', '', '', '', '', '2', ''];

test.skipIf(!hasWireshark)('over TCP it reads the question that we mean and the answer that we give', () => {
  const said = [7, 8].flatMap((transaction): Said[] => {
    const question = { transaction, request };
    return [
      { by: 'client', bytes: tcp.encodeRequest(question) },
      { by: 'device', bytes: tcp.encodeAnswer(question, transaction === 7 ? registers : exception) },
    ];
  });
  expect(dissected(said, { port: 502, fields: ['mbtcp.trans_id', 'mbtcp.unit_id', ...fields] })).toEqual([
    ['7', '17', ...asked],
    ['7', '17', ...answered],
    ['8', '17', ...asked],
    ['8', '17', ...refused],
  ]);
});

test.skipIf(!hasWireshark)('in RTU frames its checksum is ours, and a damaged frame is found', () => {
  const damaged = rtu.encodeAnswer(request, registers);
  damaged[damaged.length - 1]! ^= 1;
  const said: Said[] = [
    { by: 'client', bytes: rtu.encodeRequest(request) },
    { by: 'device', bytes: rtu.encodeAnswer(request, registers) },
    { by: 'client', bytes: rtu.encodeRequest(request) },
    { by: 'device', bytes: rtu.encodeAnswer(request, exception) },
    { by: 'device', bytes: damaged },
  ];
  const options = { port: 4001, decodeAs: 'mbrtu', options: ['mbrtu.crc_verification:TRUE'] };
  const seen = dissected(said, { ...options, fields: ['mbrtu.unit_id', 'mbrtu.crc16.status', ...fields] });
  const fine = ['17', '1'];
  expect(seen.slice(0, 4)).toEqual([
    [...fine, ...asked],
    [...fine, ...answered],
    [...fine, ...asked],
    [...fine, ...refused],
  ]);
  expect(seen[4]!.at(-1)).toContain('Incorrect CRC');
});
