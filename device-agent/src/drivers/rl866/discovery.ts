import type { Discovery } from '../discovery.ts';
import { anyAddress, decode, encode, resyncAnswer, resyncRequest } from './codec.ts';

/** The counting of commands is set back, as at each opening: no setting of the pad. */
export const discovery: Discovery = {
  serial: [
    {
      serial: { baudRate: 38_400, dataBits: 8, parity: 'even', stopBits: 1 },
      ask: encode({ address: anyAddress, control: resyncRequest, information: new Uint8Array() }),
      withinMs: 500,
      recognise: (heard) =>
        decode(heard).frames.some(({ control }) => control === resyncAnswer)
          ? { evidence: { vi: 'đáp lại lệnh đồng bộ', en: 'takes part in a resynchronisation' } }
          : undefined,
    },
  ],
};
