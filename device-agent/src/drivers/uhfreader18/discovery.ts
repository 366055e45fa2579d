import { type Discovery, eightN1, type Recognised } from '../discovery.ts';
import { anyAddress, commands, decode, encodeRequest, readerInfo } from './codec.ts';

export const discovery: Discovery = {
  serial: [
    {
      serial: eightN1(57_600),
      config: { baudRate: '57600' },
      ask: encodeRequest({ address: anyAddress, command: commands.readerInfo, data: new Uint8Array() }),
      withinMs: 500,
      recognise,
    },
  ],
};

function recognise(heard: Uint8Array): Recognised | undefined {
  const info = decode(heard)
    .frames.map(readerInfo)
    .find((each) => each !== undefined);
  return info === undefined
    ? undefined
    : {
        evidence: {
          vi: `cho biết kiểu ${info.type.toString(16)} (hex), phiên bản ${info.version}`,
          en: `tells its type ${info.type.toString(16)} (hex), version ${info.version}`,
        },
      };
}
