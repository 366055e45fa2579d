import { type Discovery, eightN1, type Recognised } from '../discovery.ts';
import { decode, encode } from './codec.ts';

export const discovery: Discovery = {
  serial: [{ serial: eightN1(19_200), ask: encode({ key: 'powerstate' }), withinMs: 800, recognise }],
};

function recognise(heard: Uint8Array): Recognised | undefined {
  const answer = decode(heard).frames.find((frame) => frame.kind === 'value' && frame.key === 'powerstate');
  return answer === undefined
    ? undefined
    : { evidence: { vi: 'trả lời câu hỏi về nguồn (SMART)', en: 'answers a question for its power (SMART)' } };
}
