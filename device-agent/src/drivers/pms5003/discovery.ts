import { type Discovery, eightN1, type Recognised } from '../discovery.ts';
import { decode, hasTemperature } from './codec.ts';

/** In active mode a frame comes at the latest every 2.3 s. */
export const discovery: Discovery = { serial: [{ serial: eightN1(9600), withinMs: 2_500, recognise }] };

function recognise(heard: Uint8Array): Recognised | undefined {
  const frame = decode(heard).frames.find(({ words }) => words.length === 9 || words.length === 13);
  if (frame === undefined) return undefined;
  return {
    evidence: { vi: `tự gửi số đo bụi, mỗi khung ${frame.words.length} từ`, en: `sends dust values, ${frame.words.length} words a frame` },
    config: { model: frame.words.length === 9 ? 'pms3003' : hasTemperature(frame.words) ? 'pms5003t' : 'pms5003' },
  };
}
