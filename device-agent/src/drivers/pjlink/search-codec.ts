/** The search for class 2 devices, by UDP. Class 2 specifications 3.2: `%2SRCH` CR to everybody, each answers `%2ACKN=` and its MAC address. Pure. */
const ascii = new TextEncoder();
const text = new TextDecoder('latin1');

/** An answer has 25 bytes; what is much longer is none, and is not looked at. */
const maxAnswerBytes = 64;
const answer = /^%2(?:ACKN|LKUP)=((?:[0-9a-f]{2}:){5}[0-9a-f]{2})[\r\n]*$/i;

export function encodeSearch(): Uint8Array {
  return ascii.encode('%2SRCH\r');
}

/** MAC address in lower case, of an answer (ACKN) or of a device that just came up (LKUP); undefined for everything else, our own search included. */
export function decodeAnswer(datagram: Uint8Array): string | undefined {
  if (datagram.length > maxAnswerBytes) return undefined;
  return answer.exec(text.decode(datagram))?.[1]?.toLowerCase();
}

/** Address that reaches everybody in the network of `address`; undefined where there is nobody else (a netmask of 31 or 32 bits), or for nonsense. */
export function broadcastOf({ address, netmask }: { address: string; netmask: string }): string | undefined {
  const own = octets(address);
  const mask = octets(netmask);
  if (own === undefined || mask === undefined || mask[3]! >= 254) return undefined;
  return own.map((octet, at) => octet | (~mask[at]! & 0xff)).join('.');
}

function octets(dotted: string): number[] | undefined {
  const parts = dotted.split('.').map(Number);
  return parts.length === 4 && parts.every((part) => Number.isInteger(part) && part >= 0 && part <= 255) ? parts : undefined;
}
