import { boardConformance } from '../board-conformance.ts';

export const conformance = boardConformance({
  noise: new TextEncoder().encode('\0\xff4x+8\r801-'),
  wrongConfigs: [
    { config: { displayId: 99 }, key: 'displayId' },
    { config: { input: 'HDMI1' }, key: 'input' },
    { config: { wakeOnLanMac: 'board' }, key: 'wakeOnLanMac' },
  ],
});
