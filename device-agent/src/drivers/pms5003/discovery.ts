import { type Discovery, eightN1, type Recognised } from '../discovery.ts';
import { decode } from './codec.ts';

/** In active mode a frame comes at the latest every 2.3 s. The 5003T cannot be told from the 5003: both send 13 words. */
export const discovery: Discovery = { serial: [{ serial: eightN1(9600), withinMs: 2_500, recognise }] };

function recognise(heard: Uint8Array): Recognised | undefined {
  const frame = decode(heard).frames.find(({ words }) => words.length > 1);
  if (frame === undefined) return undefined;
  return {
    evidence: { vi: `tự gửi số đo bụi, mỗi khung ${frame.words.length} từ`, en: `sends dust values, ${frame.words.length} words a frame` },
    config: { model: frame.words.length === 9 ? 'pms3003' : 'pms5003' },
  };
}
