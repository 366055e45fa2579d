import { boardConformance } from '../board-conformance.ts';

export const conformance = boardConformance({
  noise: Uint8Array.of(0x00, 0xaa, 0xff, 0x01, 0xaa, 0x4d, 0x44, 0xff),
  wrongConfigs: [
    { config: { displayId: 225 }, key: 'displayId' },
    { config: { input: 'HDMI1' }, key: 'input' },
    { config: { wakeOnLanMac: '001122334455' }, key: 'wakeOnLanMac' },
  ],
});
