/** Modbus TCP frames: a header with the number of the question in front of what is said. Source: Modbus Messaging on TCP/IP V1.0b, 3.1.3; README.md. */
import { answerOf, answerPdu, answerPduBytes, type ReadAnswer, type ReadRequest, requestPdu } from '../modbus-rtu/pdu.ts';

export type Numbered = { transaction: number; request: ReadRequest };
export type Decoded = { answer: ReadAnswer | undefined; rest: Uint8Array; skippedBytes: number };

/** Header, function, number of bytes, 125 registers. */
export const maxAnswerBytes = 259;
const headerBytes = 7;

/** Takes the answer to this very question out of `input`; what comes before it (an answer that came too late) is skipped. Without one, `rest` is what may become it. */
export function decode(input: Uint8Array, question: Numbered): Decoded {
  for (let at = 0; at < input.length; at += 1) {
    const found = answerAt(input.subarray(at), question);
    if (found === 'none') continue;
    const end = found === 'incomplete' ? at : at + found.bytes;
    return { answer: found === 'incomplete' ? undefined : found.answer, rest: new Uint8Array(input.subarray(end)), skippedBytes: at };
  }
  return { answer: undefined, rest: new Uint8Array(), skippedBytes: input.length };
}

function answerAt(input: Uint8Array, { transaction, request }: Numbered): { answer: ReadAnswer; bytes: number } | 'none' | 'incomplete' {
  const begin = [transaction >> 8, transaction & 0xff, 0, 0, 0];
  for (const [at, byte] of begin.entries()) if (at < input.length && input[at] !== byte) return 'none';
  if (input.length < headerBytes + 2) return 'incomplete';
  const pduBytes = answerPduBytes(request, input.subarray(headerBytes));
  if (pduBytes === undefined || input[5] !== 1 + pduBytes || input[6] !== request.unit) return 'none';
  const bytes = headerBytes + pduBytes;
  if (input.length < bytes) return 'incomplete';
  return { answer: answerOf(input.subarray(headerBytes, bytes)), bytes };
}

export function encodeRequest({ transaction, request }: Numbered): Uint8Array {
  return framed({ transaction, unit: request.unit, pdu: requestPdu(request) });
}

/** What a device answers. */
export function encodeAnswer({ transaction, request }: Numbered, answer: ReadAnswer): Uint8Array {
  return framed({ transaction, unit: request.unit, pdu: answerPdu(request, answer) });
}

function framed({ transaction, unit, pdu }: { transaction: number; unit: number; pdu: readonly number[] }): Uint8Array {
  const length = 1 + pdu.length;
  return Uint8Array.of(transaction >> 8, transaction & 0xff, 0, 0, length >> 8, length & 0xff, unit, ...pdu);
}
