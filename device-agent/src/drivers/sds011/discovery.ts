import { type Discovery, eightN1 } from '../discovery.ts';
import { decode } from './codec.ts';

export const discovery: Discovery = {
  serial: [
    {
      serial: eightN1(9600),
      withinMs: 2_000,
      recognise: (heard) =>
        decode(heard).frames.some(({ kind }) => kind !== 'answer')
          ? { evidence: { vi: 'tự gửi số đo bụi', en: 'sends dust values by itself' } }
          : undefined,
    },
  ],
};
