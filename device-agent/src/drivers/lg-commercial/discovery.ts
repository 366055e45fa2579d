import { type Discovery, eightN1, type Recognised } from '../discovery.ts';
import { decode, encode } from './codec.ts';

const setId = 1;
const ask = 0xff;

export const discovery: Discovery = {
  serial: [{ serial: eightN1(9600), ask: encode({ command: 'ka', setId, data: ask }), withinMs: 700, recognise }],
};

function recognise(heard: Uint8Array): Recognised | undefined {
  const answer = decode(heard).frames.find((frame) => frame.setId === setId && frame.command === 'a');
  return answer === undefined
    ? undefined
    : { evidence: { vi: 'trả lời câu hỏi về nguồn (LG)', en: 'answers a question for its power (LG)' }, config: { setId } };
}
