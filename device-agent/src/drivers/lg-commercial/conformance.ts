import { boardConformance } from '../board-conformance.ts';

export const conformance = boardConformance({
  noise: new TextEncoder().encode('a 01 OKx\0x ka 01\r'),
  wrongConfigs: [
    { config: { setId: 0 }, key: 'setId' },
    { config: { input: 'hdmi1' }, key: 'input' },
    { config: { wakeOnLanMac: '00:11' }, key: 'wakeOnLanMac' },
  ],
});
