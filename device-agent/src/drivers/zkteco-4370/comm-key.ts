/** The proof that we know the terminal's communication key: its 32 bits turned round, mixed with the session. */

const letters = [0x5a, 0x4b, 0x53, 0x4f]; // ZKSO
/** A clock value that the maker's own program sends; any will do, it goes along in clear. */
const ticks = 50;

/** Data of the authentication command. Source: README.md, Protocol source (make_commkey of pyzk, makeCommKey of node-zklib). */
export function commKeyProof({ key, session }: { key: number; session: number }): Uint8Array {
  let turned = 0;
  for (let bit = 0; bit < 32; bit += 1) if (Math.floor(key / 2 ** bit) % 2 === 1) turned += 2 ** (31 - bit);
  const sum = (turned + session) % 2 ** 32;
  const mixed = letters.map((letter, at) => (Math.floor(sum / 2 ** (8 * at)) & 0xff) ^ letter);
  return Uint8Array.of(mixed[2]! ^ ticks, mixed[3]! ^ ticks, ticks, mixed[1]! ^ ticks);
}
