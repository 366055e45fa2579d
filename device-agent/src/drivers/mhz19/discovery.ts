import { type Discovery, eightN1, type Recognised } from '../discovery.ts';
import { decode, readRequest } from './codec.ts';

export const discovery: Discovery = { serial: [{ serial: eightN1(9600), ask: readRequest, withinMs: 500, recognise }] };

function recognise(heard: Uint8Array): Recognised | undefined {
  const ppm = decode(heard).ppm.at(-1);
  return ppm === undefined
    ? undefined
    : { evidence: { vi: `trả lời câu hỏi về CO₂: ${ppm} ppm`, en: `answers a question for CO₂ with ${ppm} ppm` } };
}
