/** Modbus RTU frames: unit, what is said, CRC. A frame has no marks of its own; what is looked for is the answer to one question. README.md. */
import { answerOf, answerPdu, answerPduBytes, type ReadAnswer, type ReadRequest, requestPdu } from './pdu.ts';

export type Decoded = { answer: ReadAnswer | undefined; rest: Uint8Array; skippedBytes: number };

/** Unit, function, number of bytes, 125 registers, CRC. */
export const maxAnswerBytes = 255;
const crcBytes = 2;

/**
 * Takes the answer to `request` out of `input`; what comes before it (noise, the echo of an adapter, answers of other units) is skipped. Without
 * one, `rest` is what may become it.
 */
export function decode(input: Uint8Array, request: ReadRequest): Decoded {
  for (let at = 0; at < input.length; at += 1) {
    const found = answerAt(input.subarray(at), request);
    if (found === 'none') continue;
    const end = found === 'incomplete' ? at : at + found.bytes;
    return { answer: found === 'incomplete' ? undefined : found.answer, rest: new Uint8Array(input.subarray(end)), skippedBytes: at };
  }
  return { answer: undefined, rest: new Uint8Array(), skippedBytes: input.length };
}

function answerAt(input: Uint8Array, request: ReadRequest): { answer: ReadAnswer; bytes: number } | 'none' | 'incomplete' {
  if (input[0] !== request.unit) return 'none';
  if (input.length < 3) return 'incomplete';
  const pduBytes = answerPduBytes(request, input.subarray(1));
  if (pduBytes === undefined) return 'none';
  const bytes = 1 + pduBytes + crcBytes;
  if (input.length < bytes) return 'incomplete';
  if (crc16(input.subarray(0, bytes)) !== 0) return 'none';
  return { answer: answerOf(input.subarray(1, 1 + pduBytes)), bytes };
}

export function encodeRequest(request: ReadRequest): Uint8Array {
  return closed([request.unit, ...requestPdu(request)]);
}

/** What a device answers. */
export function encodeAnswer(request: ReadRequest, answer: ReadAnswer): Uint8Array {
  return closed([request.unit, ...answerPdu(request, answer)]);
}

function closed(bytes: readonly number[]): Uint8Array {
  const crc = crc16(bytes);
  return Uint8Array.of(...bytes, crc & 0xff, crc >> 8);
}

/** Polynomial A001 (8005 mirrored), start FFFF; sent low byte first, so that the CRC over a frame and its own CRC is 0. Serial line guide V1.02, 6.2.2. */
export function crc16(bytes: Iterable<number>): number {
  let crc = 0xffff;
  for (const byte of bytes) crc = (crc >> 8) ^ crcOfByte[(crc ^ byte) & 0xff]!;
  return crc;
}

/** Noise may look like the beginning of an answer at every byte: the CRC over each of them is what decoding costs. */
const crcOfByte: readonly number[] = Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit += 1) crc = (crc & 1) === 1 ? (crc >> 1) ^ 0xa001 : crc >> 1;
  return crc;
});
