import { eightN1, type FoundConfig, type Recognised, type SerialProbe } from '../discovery.ts';
import { decode, encode } from './codec.ts';

const displayId = 1;
const power = 'l';

/** ViewSonic and BenQ boards take the same question for their power; a serial line tells them apart by its speed, a device server cannot. */
export function askPower(baudRate: number, config: FoundConfig): SerialProbe {
  return {
    serial: eightN1(baudRate),
    config: { displayId, ...config },
    ask: encode({ type: 'g', displayId, code: power, value: '000' }),
    withinMs: 700,
    recognise,
  };
}

function recognise(heard: Uint8Array): Recognised | undefined {
  const answer = decode(heard, { bareAcks: false }).frames.find(
    (frame) => frame.kind === 'value' && frame.displayId === displayId && frame.code === power,
  );
  return answer === undefined ? undefined : { evidence: { vi: 'trả lời câu hỏi về nguồn', en: 'answers a question for its power' } };
}
