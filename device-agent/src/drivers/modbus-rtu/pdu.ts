/** What Modbus says, whatever carries it: questions for registers, and their answers. Source: Modbus Application Protocol V1.1b3, 6.3, 6.4 and 7. */

/** Registers `address` and the `count` - 1 after it, counted from 0 as on the wire. */
export type ReadRequest = { unit: number; table: RegisterTable; address: number; count: number };
export type RegisterTable = 'holding' | 'input';
export type ReadAnswer =
  | { kind: 'registers'; words: number[] }
  /** 1 function, 2 address, 3 value, 4 failure, 5 working on it, 6 busy, 10 gateway has no way there, 11 nobody answers the gateway. */
  | { kind: 'exception'; code: number };

/** One answer holds at most so many. Clause 6.3. */
export const maxRegisters = 125;
const functions: Record<RegisterTable, number> = { holding: 0x03, input: 0x04 };
const exceptionFlag = 0x80;

/** Function, address, count: 5 bytes. */
export function requestPdu({ table, address, count }: ReadRequest): number[] {
  return [functions[table], address >> 8, address & 0xff, count >> 8, count & 0xff];
}

export function answerPdu({ table }: ReadRequest, answer: ReadAnswer): number[] {
  if (answer.kind === 'exception') return [functions[table] | exceptionFlag, answer.code];
  return [functions[table], answer.words.length * 2, ...answer.words.flatMap((word) => [word >> 8, word & 0xff])];
}

/** How long the answer that begins with these bytes is, function included; undefined when it cannot be the answer to `request`. Needs two bytes. */
export function answerPduBytes(request: ReadRequest, pdu: Uint8Array): number | undefined {
  if (pdu[0] === (functions[request.table] | exceptionFlag)) return 2;
  return pdu[0] === functions[request.table] && pdu[1] === request.count * 2 ? 2 + request.count * 2 : undefined;
}

/** A whole answer, of the length that `answerPduBytes` gave. */
export function answerOf(pdu: Uint8Array): ReadAnswer {
  if ((pdu[0]! & exceptionFlag) !== 0) return { kind: 'exception', code: pdu[1]! };
  const words: number[] = [];
  for (let at = 2; at < pdu.length; at += 2) words.push(pdu[at]! * 256 + pdu[at + 1]!);
  return { kind: 'registers', words };
}
