/** Wireshark's opinion of what goes over a wire: messages of one TCP connection, dissected by tshark. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const hasWireshark = ['tshark', 'text2pcap'].every((tool) => spawnSync(tool, ['--version'], { stdio: 'ignore' }).status === 0);

/** `by`: `client` calls `port`. */
export type Said = { by: 'client' | 'device'; bytes: Uint8Array };

/**
 * The fields (Wireshark's names) of each message, in order; a field that occurs several times has its values between commas. The last one, added here,
 * is what Wireshark finds wrong: empty when nothing. `decodeAs`: for ports that Wireshark does not know.
 */
export function dissected(
  said: readonly Said[],
  { port, fields, decodeAs, options = [] }: { port: number; fields: readonly string[]; decodeAs?: string; options?: readonly string[] },
): string[][] {
  const folder = mkdtempSync(join(tmpdir(), 'tramhoc-wireshark-'));
  try {
    const [dump, capture] = [join(folder, 'said.txt'), join(folder, 'said.pcap')];
    const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex').replace(/../g, '$& ').trim();
    writeFileSync(dump, said.map(({ by, bytes }) => `${by === 'client' ? 'I' : 'O'}\n0000 ${hex(bytes)}\n`).join('\n'));
    execFileSync('text2pcap', ['-q', '-D', '-4', '10.0.0.1,10.0.0.2', '-T', `40000,${port}`, dump, capture], { stdio: 'ignore' });
    const words = [
      ...['-r', capture, '-o', 'tcp.analyze_sequence_numbers:FALSE', '-T', 'fields', '-E', 'occurrence=a'],
      ...(decodeAs === undefined ? [] : ['-d', `tcp.port==${port},${decodeAs}`]),
      ...options.flatMap((option) => ['-o', option]),
      ...[...fields, '_ws.expert.message'].flatMap((field) => ['-e', field]),
    ];
    const lines = execFileSync('tshark', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    return lines
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.split('\t'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
