import { type Discovery, eightN1, type Recognised } from '../discovery.ts';
import { decode } from './codec.ts';

/** They are heard only while a card lies on them; nobody can ask them. */
export const discovery: Discovery = { serial: [{ serial: eightN1(9600), withinMs: 1_000, recognise }] };

/** Both ways of computing the check byte are in use; XOR goes first because a card may satisfy both. */
function recognise(heard: Uint8Array): Recognised | undefined {
  for (const checksum of ['xor', 'sum'] as const)
    if (decode(heard, checksum).frames.length > 0)
      return {
        evidence: { vi: `gửi số thẻ (byte kiểm tra ${checksum})`, en: `sends card numbers (${checksum} check byte)` },
        config: { checksum },
      };
  return undefined;
}
