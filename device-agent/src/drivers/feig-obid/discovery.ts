import type { Discovery, Recognised, SerialProbe } from '../discovery.ts';
import { anyAddress, commands, decode, encodeRequest } from './codec.ts';

/** As shipped, and without parity as the USB variants are often set. Gates in notification mode must not be asked, but answer this all the same. */
export const discovery: Discovery = { serial: [probe('even'), probe('none')] };

function probe(parity: 'even' | 'none'): SerialProbe {
  return {
    serial: { baudRate: 38_400, dataBits: 8, parity, stopBits: 1 },
    config: { baudRate: '38400', parity },
    ask: encodeRequest({ address: anyAddress, command: commands.softwareVersion, data: new Uint8Array() }, 'standard'),
    withinMs: 500,
    recognise,
  };
}

/** `SW-REV[2] D-REV HW-TYPE SW-TYPE TR-TYPE[2]…`: the reader's own type is not in our table of names, its number is for the technician. */
function recognise(heard: Uint8Array): Recognised | undefined {
  const frame = decode(heard).frames.find(({ command, status }) => command === commands.softwareVersion && status === 0);
  if (frame === undefined) return undefined;
  return {
    evidence: {
      vi: `cho biết phiên bản phần mềm, kiểu đầu đọc ${frame.data[4] ?? 'chưa rõ'}`,
      en: `tells its software version, reader type ${frame.data[4] ?? 'unknown'}`,
    },
  };
}
