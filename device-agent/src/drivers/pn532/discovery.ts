import { type Discovery, eightN1, type Recognised } from '../discovery.ts';
import { commands, decode, encodeAwake } from './codec.ts';

export const discovery: Discovery = {
  serial: [{ serial: eightN1(115_200), ask: encodeAwake(commands.firmwareVersion), withinMs: 500, recognise }],
};

/** `IC VER REV SUPPORT`. UM0701-02, 7.2.2. */
function recognise(heard: Uint8Array): Recognised | undefined {
  for (const frame of decode(heard).frames) {
    if (frame.kind !== 'answer' || frame.command !== commands.firmwareVersion[0] || frame.data.length < 4) continue;
    return {
      evidence: {
        vi: `cho biết chip PN5${frame.data[0]!.toString(16)}, phần mềm ${frame.data[1]}.${frame.data[2]}`,
        en: `tells its chip PN5${frame.data[0]!.toString(16)}, firmware ${frame.data[1]}.${frame.data[2]}`,
      },
    };
  }
  return undefined;
}
