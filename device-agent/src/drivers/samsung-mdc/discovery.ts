import { type Discovery, eightN1, type Recognised } from '../discovery.ts';
import { decode, encode } from './codec.ts';

const askPower = 0x11;
const displayId = 1;

/** ID 1 is what sets leave the factory with. To all (FE) would be answered by none. */
export const discovery: Discovery = {
  serial: [{ serial: eightN1(9600), ask: encode({ command: askPower, displayId }), withinMs: 700, recognise }],
};

function recognise(heard: Uint8Array): Recognised | undefined {
  const reply = decode(heard).frames.find((frame) => frame.kind === 'reply' && frame.displayId === displayId && frame.command === askPower);
  return reply === undefined
    ? undefined
    : { evidence: { vi: 'trả lời câu hỏi về nguồn (MDC)', en: 'answers a question for its power (MDC)' }, config: { displayId } };
}
