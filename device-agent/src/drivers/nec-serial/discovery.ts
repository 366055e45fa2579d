import { type Discovery, eightN1, type Recognised } from '../discovery.ts';
import { decode, encode } from './codec.ts';

const monitorId = 1;
/** "Power status read", and what its answer begins with. */
const askPower = '01D6';
const power = '0200D6';

export const discovery: Discovery = {
  serial: [{ serial: eightN1(9600), ask: encode({ type: 'A', monitorId, message: askPower }), withinMs: 700, recognise }],
};

function recognise(heard: Uint8Array): Recognised | undefined {
  const answer = decode(heard).frames.find(
    (frame) => frame.monitorId === monitorId && frame.type === 'B' && frame.message.startsWith(power),
  );
  return answer === undefined
    ? undefined
    : { evidence: { vi: 'trả lời câu hỏi về nguồn (NEC)', en: 'answers a question for its power (NEC)' }, config: { monitorId } };
}
