import { type Discovery, eightN1 } from '../discovery.ts';
import { commands, decode, valuesRequest } from './codec.ts';

/** Asked for values; a sensor that was not started says that it is not possible now, which names it just as well. */
export const discovery: Discovery = {
  serial: [
    {
      serial: eightN1(115_200),
      ask: valuesRequest,
      withinMs: 400,
      recognise: (heard) =>
        decode(heard).answers.some(({ command }) => command === commands.values)
          ? { evidence: { vi: 'trả lời như cảm biến Sensirion', en: 'answers as a Sensirion sensor' } }
          : undefined,
    },
  ],
};
